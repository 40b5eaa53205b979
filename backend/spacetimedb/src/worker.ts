/**
 * The worker of this database: fetches films, and answers what the movie app asks beside them. `start.ts` runs it beside the site;
 * by hand, it is told by the environment:
 *
 *     SPACETIMEDB_URI, SPACETIMEDB_DATABASE   the database
 *     SPACETIMEDB_TOKEN                       of the database's owner, or of an identity it allowed with `allow_worker`
 *     TMDB_KEY or CATALOGUE_URL               where films come from
 */
import { DefinitionError } from 'noboil/errors'
import { startWorker } from 'noboil/spacetimedb/worker'
import { movieActions } from './movies/actions.ts'
import { movieSource } from './movies/source.ts'
import { tables } from './tables.ts'

function required(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new DefinitionError(`The worker needs ${name}.`)
}

const source = movieSource(process.env)
const worker = startWorker({
  uri: required('SPACETIMEDB_URI'),
  database: required('SPACETIMEDB_DATABASE'),
  token: required('SPACETIMEDB_TOKEN'),
  tables,
  fetchers: {
    movie: async (ctx, key) => {
      const etag = ctx.previous?.etag
      const film = await source.details(Number(key), { signal: ctx.signal, etag })
      return film === 'unchanged' ? ctx.unchanged : film
    },
  },
  actions: movieActions(source),
  log: (level, line) => console[level](`worker: ${line}`),
})

for (const end of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
  process.once(end, () => void worker.close().then(() => process.exit(0)))
}
process.send?.('started')
