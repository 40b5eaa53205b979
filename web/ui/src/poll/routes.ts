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
