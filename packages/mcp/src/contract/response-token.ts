const tokens = new WeakMap<Response, string>()

/** Records the token with which the request of a response was made. */
export function recordToken(response: Response, token: string): void {
  tokens.set(response, token)
}

/** Returns the token with which the request of a response was made. */
export const tokenOf = (response: Response): string | undefined => tokens.get(response)
