/** Paths of the screens, relative to where the app is mounted. */
export const routes = {
  home: '/',
  film: '/m/:tmdbId',
  signIn: '/sign-in',
  admin: '/admin',
} as const

export function filmPath(tmdbId: number): string {
  return `/m/${tmdbId}`
}

/** The number in an address; null for what cannot be one. */
export function tmdbIdOf(text: string): number | null {
  return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : null
}

/** A search as a part of the address, so that going back finds it again. */
export function searchPath(text: string): string {
  const query = text.trim()
  return query === '' ? routes.home : `${routes.home}?q=${encodeURIComponent(query)}`
}
