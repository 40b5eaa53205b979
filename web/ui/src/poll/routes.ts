/** Paths of the screens, relative to where the app is mounted. */
export const routes = {
  home: '/',
  create: '/new',
  poll: '/p/:pollId',
  signIn: '/sign-in',
  profile: '/profile',
  admin: '/admin',
} as const

/**
 * A host's ids may name their table before a dot; the address leaves that out. It is shorter to share,
 * and servers of files take what follows a dot for an extension.
 */
export function pollPath(pollId: string): string {
  return `/p/${encodeURIComponent(pollId.slice(pollId.lastIndexOf('.') + 1))}`
}

/** Where to go after signing in. Only paths of this app: never another site. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next')
  return next && /^\/(?![/\\])/.test(next) ? next : routes.home
}

export function signInPath(from: string): string {
  const isNothing = from === routes.home || from === routes.signIn
  return isNothing ? routes.signIn : `${routes.signIn}?next=${encodeURIComponent(from)}`
}
