/**
 * Both apps on the Node host, as one server: accounts in one file, everything else in another.
 */
import { join } from 'node:path'
import type { AppCache } from 'noboil/cache'
import { type MirrorConfig, noboil } from 'noboil/node'
import { betterAuth } from 'noboil/node/better-auth'
import { moviesFunctions } from './movies/functions.ts'
import { followMirrors } from './movies/recalls.ts'
import type { MovieSource } from './movies/source.ts'
import { tablesOf } from './tables.ts'

export interface AppOptions {
  /** Where the database and the accounts are kept. */
  readonly dataDir: string
  /** The address people open, for cookies. */
  readonly baseUrl: string
  /** The built web apps: poll at the root, movie under a path of its own. */
  readonly web: { readonly poll: string; readonly movie: string }
  readonly movies: MovieSource
  /** Knows `cacheDependencies`. */
  readonly cache: AppCache
  /** Which deployments are told of changes; undefined: those that the environment names. */
  readonly mirrors: MirrorConfig | undefined
  /** The one other deployment there is, as people call its address; null: there may be several. */
  readonly peer: string | null
  /** What tells this deployment from another, for people; null where there is one. */
  readonly deployment: string | null
  /** E-mail addresses whose accounts are admins. */
  readonly admins: readonly string[]
}

export type App = ReturnType<typeof createApp>['app']

export const databaseIn = (dataDir: string): string => join(dataDir, 'poll.db')

export function createApp(options: AppOptions) {
  const { dataDir, baseUrl, web, movies, cache, mirrors, peer, deployment, admins } = options
  const auth = betterAuth({ database: join(dataDir, 'accounts.db'), baseUrl, admins: [...admins] })
  const app = noboil({
    database: databaseIn(dataDir),
    auth,
    cache,
    // A copy that is fetched is no change of its film. What people call back is: see recalls.ts.
    invalidates: { movie: false },
    ...(mirrors ? { mirrors } : {}),
    web: { dir: web.poll, apps: { '/movie': web.movie } },
    tables: ({ table }) => tablesOf(table, movies),
    functions: (define) => ({
      ...moviesFunctions(movies, cache, peer)(define),
      site: { about: define.query({ handler: async () => ({ deployment }) }) },
    }),
    log: { level: 'warn' },
  })
  followMirrors(cache, () => app.api.movies.recalled())
  return { app, auth }
}
