/** Maximum length of a list whose items are compared directly, which is then faster than a set. */
const FEW = 8

/** Returns each item once, in the order of first occurrence. A short list without repeats is returned unchanged. */
export function distinct<Item>(list: readonly Item[]): readonly Item[] {
  return list.length <= FEW && !hasRepeats(list) ? list : [...new Set(list)]
}

function hasRepeats(list: readonly unknown[]): boolean {
  for (let index = 1; index < list.length; index++) if (list.indexOf(list[index]) < index) return true
  return false
}
