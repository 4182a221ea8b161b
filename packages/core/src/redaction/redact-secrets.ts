import { REDACTED, redactFields } from './fields.ts'

/**
 * Replaces credentials in a text with `[redacted]`: user information in URLs, `Authorization` and API key headers,
 * bearer and basic credentials, fields such as `password=…` and `"client_secret":"…"`, private keys, JSON Web Tokens,
 * and tokens with a well-known prefix such as `ghp_`. The time is linear in the length of the text.
 *
 * It detects patterns, not values. A secret in prose, such as "the password is hunter2", is not replaced.
 */
export function redactSecrets(text: string): string {
  return redactFields(
    text.replace(PRIVATE_KEY, REDACTED).replace(USER_INFO, `$1${REDACTED}@`).replace(LOOSE_USER_INFO, `$1${REDACTED}@`),
  )
    .replace(BEARER, (whole, scheme: string, token: string) => (isToken(token) ? `${scheme}${REDACTED}` : whole))
    .replace(BASIC, (whole, scheme: string, token: string) =>
      isUserAndPassword(token) ? `${scheme}${REDACTED}` : whole,
    )
    .replace(SIGNATURE, `$1${REDACTED}`)
    .replace(JSON_WEB_TOKEN, REDACTED)
    .replace(PREFIXED, REDACTED)
}

// Every pattern takes linear time for any text: it starts with text that cannot occur in its repeated part, or its
// repetitions are bounded.

/** Matches a private key. Its end is missing if the text was cut. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]{0,60}-----)?/g

/** Matches everything up to the last `@` before the path, like URL parsers. */
const USER_INFO = /(:\/\/)[^\s/?#"<>`]+@/g

/**
 * Matches passwords with `/`, `?` or `#`. They make a URL invalid, yet database drivers accept them. A number is a
 * port.
 */
const LOOSE_USER_INFO = /(:\/\/)[^\s/?#:@"<>`[]{1,128}:(?!\d{1,5}(?:[/?#\s"'<>`]|$))[^\s"<>`]{1,256}@/g

/** Does not match the parameters of a challenge, such as `Bearer realm="…"`. */
const BEARER = /\b(Bearer\s{1,8})(?![\w-]{1,40}=\\*["'])([\w\-.~+/=|:]{8,})/gi

const BASIC = /\b(Basic\s{1,8})([A-Za-z0-9+/_-]{4,}={0,2})/gi

/** Matches the signature in URLs of object stores, and the API key in URLs of Google. */
const SIGNATURE = /([?&](?:(?:[\w.-]{0,40}[-_.])?(?:sig|signature)=|key=(?=[\w-]{20})))[^\s&#"'<>`]+/gi

/** Matches three parts, or five if the token is encrypted, and fewer if the text was cut. */
const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}(?:\.[\w-]*){0,3}\.[\w-]{2,}/g

const PREFIXED = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'gh[oprsu]_[A-Za-z0-9]{16,}',
    'github_pat_\\w{16,}',
    'gl(?:pat|ptt|dt|rt|cbt|agent|soat|ft)-[\\w.-]{16,}',
    '(?<![\\w-])sk-(?=[a-z_-]*[A-Z0-9])[\\w-]{16,}',
    '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}',
    'whsec_[A-Za-z0-9+/=]{16,}',
    'xox[abceoprs]-[\\w.-]{10,}',
    'xapp-[\\w-]{10,}',
    '(?:AKIA|ASIA)[A-Z0-9]{12,}',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{16,}',
    'npm_[A-Za-z0-9]{30,}',
    'pypi-[\\w-]{30,}',
    'hf_[A-Za-z0-9]{20,}',
    'SG\\.[\\w-]{16,}(?:\\.[\\w-]*)?',
    'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{16,}',
    'do[oprt]_v1_[a-f0-9]{16,}',
    'lin_api_[A-Za-z0-9]{16,}',
    'ntn_[A-Za-z0-9]{20,}',
  ].join('|')})`,
  'g',
)

const isToken = (text: string): boolean => text.length >= 20 || /\d/.test(text)

/** "Basic authentication" is base64 too, but does not decode to `user:password`. */
function isUserAndPassword(text: string): boolean {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: credentials contain none
    return decoded.includes(':') && !/[\u0000-\u001f\u007f]/.test(decoded)
  } catch {
    // The text is not base64, or does not decode to text.
    return false
  }
}
