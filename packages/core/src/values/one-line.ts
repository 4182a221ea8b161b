/** Replaces line breaks and control characters, which also change the direction of text, by spaces. */
export const inOneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
