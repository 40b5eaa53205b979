/** The movie app's screens and the port through which they meet a host. */
export { MovieApp, type MovieAppProps } from './movie-app.tsx'
export { shelfMax } from './shelf.tsx'
export type * from './port.ts'
