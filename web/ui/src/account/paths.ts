/** The way to the sign-in page and back. Every app has its list of things at `/` and signs in at `/sign-in`. */

const home = '/'
const signIn = '/sign-in'

/** Where to go after signing in. Only paths of this app: never another site. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next')
  return next && /^\/(?![/\\])/.test(next) ? next : home
}

export function signInPath(from: string): string {
  return from === home || from === signIn ? signIn : `${signIn}?next=${encodeURIComponent(from)}`
}
