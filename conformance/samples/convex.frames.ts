/**
 * The samples of Convex as files of an app on Convex. Their text stays what it is; only a hook and the calls that follow it stand
 * in two functions, since the calls come after the hook's component has been shown.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Frame, lines, readSamples } from './frames.ts'
import type { Sources } from './project.ts'

export function convexSources(): Sources {
  const samples = readSamples()
  const sources = new Map(beside)
  for (const name of ['convex', 'films', 'tables']) {
    const path = `support/${name}.ts`
    sources.set(path, readFileSync(join(import.meta.dirname, path), 'utf8'))
  }
  for (const [name, { path, wrap }] of Object.entries(convexFrames)) {
    const text = samples.get(name)
    if (text === undefined || sources.has(path)) throw new Error(`${path} cannot be made.`)
    sources.set(path, wrap(text))
  }
  return sources
}

const beside: Sources = new Map([
  [
    'base/lazy.ts',
    lines(
      `import { noboil } from '../support/convex.ts'`,
      'export const { background, cacheCrud } = noboil({ tables: () => ({}) })',
    ),
  ],
  [
    // The page's table has no writeRole, so that only the server itself may invalidate it; the page's hook lets somebody.
    'base/convex/roled.ts',
    lines(
      `import { makeBase, schema } from 'noboil/convex/schema'`,
      `import { cacheCrud } from '../lazy.ts'`,
      `import { s as page } from '../s.ts'`,
      'export const s = schema({ base: makeBase({',
      `roled: { schema: page.movie.schema, writeRole: (ctx) => ctx.user?.role === 'admin' },`,
      '}) })',
      'export const { get, load, refresh, invalidate } = cacheCrud({',
      `table: 'roled', schema: s.roled, key: 'tmdbId',`,
      'fetcher: async (_ctx, key) => ({',
      `tmdbId: Number(key), title: \`film \${key}\`, overview: '', posterPath: null,`,
      `releaseDate: '1977-05-25', voteAverage: 8.2, genres: [],`,
      '}) })',
    ),
  ],
  [
    'node_modules/tmdb-ts/package.json',
    lines(
      `{ "name": "tmdb-ts", "version": "0.0.0", "type": "module", "exports": { "types": "./index.d.ts", "default": "./index.js" } }`,
    ),
  ],
  [
    'node_modules/tmdb-ts/index.js',
    lines(
      'export class TMDB {',
      'movies = { details: async ({ movie_id }) => ({ id: movie_id, title: `film ${movie_id}` }) }',
      '}',
    ),
  ],
  [
    'node_modules/tmdb-ts/index.d.ts',
    lines(
      'export declare class TMDB {',
      'constructor(key: string)',
      'movies: { details(given: { movie_id: number }): Promise<{ id: number; title: string }> }',
      '}',
    ),
  ],
])

export const convexFrames: Readonly<Record<string, Frame>> = {
  'base/schema-convex': {
    path: 'base/s.ts',
    wrap: (text) => lines(text, 'export const s = schema({ base })'),
  },
  'base/wire-convex': {
    path: 'base/convex/movie.ts',
    wrap: (text) => lines(`import { toMovie } from '../../support/films.ts'`, text),
  },
  'base/hooks-convex': {
    path: 'base/hooks.ts',
    wrap: (text) =>
      lines(
        client('movie', './convex/roled.ts'),
        hook(text, 'tmdbId: string', 'return { data, isLoading, refresh, invalidate }'),
      ),
  },
  'kv/schema-convex': {
    path: 'kv/s.ts',
    wrap: (text) =>
      lines(
        `import { isInternal } from 'noboil/convex/schema'`,
        text,
        'export const s = schema({ kv })',
      ),
  },
  'kv/wire-convex': { path: 'kv/lazy.ts', wrap: wired },
  'kv/reexport-convex': { path: 'kv/convex/siteConfig.ts', wrap: (text) => text },
  'kv/conflict': {
    path: 'kv/conflict.ts',
    wrap: (text) =>
      lines(
        `import type { ConvexWriter } from 'noboil/convex'`,
        `import { api } from './lazy.ts'`,
        'export async function sample(ctx: { readonly db: ConvexWriter }) {',
        text,
        '}',
      ),
  },
  'kv/hooks-convex': {
    path: 'kv/hooks.ts',
    wrap: (text) =>
      lines(
        client('siteConfig', './convex/siteConfig.ts'),
        hook(text, 'expectedUpdatedAt: number'),
      ),
  },
  'log/schema-convex': {
    path: 'log/s.ts',
    wrap: (text) =>
      lines(
        text,
        'export const s = schema({ owned: { poll: object({}), chat: object({}) }, log })',
      ),
  },
  'log/wire-convex': { path: 'log/lazy.ts', wrap: wired },
  'log/reexport-convex': { path: 'log/convex/vote.ts', wrap: (text) => text },
  'log/hooks-convex': {
    path: 'log/hooks.ts',
    wrap: (text) =>
      lines(
        `import type { Id } from 'noboil/convex/schema'`,
        client('vote', './convex/vote.ts'),
        hook(
          text,
          `pollId: Id<'poll'>, ...[rowId, id1, id2]: [Id<'vote'>, Id<'vote'>, Id<'vote'>]`,
        ),
      ),
  },
  'log/chat-convex': {
    path: 'log/chat.ts',
    wrap: (text) =>
      lines(
        `import { enum as zenum, object, string } from 'zod/v4'`,
        `import { schema, zid } from 'noboil/convex/schema'`,
        `import { noboil } from '../support/convex.ts'`,
        text,
        'export const api = noboil({',
        'tables: ({ table }) => ({ chat: table(s.chat), message: table(s.message) }),',
        '})',
        'export const { append, list, rm } = api.message',
      ),
  },
  'log/send-convex': {
    path: 'log/send.ts',
    wrap: (text) =>
      lines(
        client('message', './chat.ts'),
        `import { type LogTarget, useLog } from 'noboil/convex/react'`,
        'export function useSample(target: LogTarget<never>) {',
        'const log = useLog(api.message, target)',
        'return async (content: string) => {',
        text,
        'return { seq, created }',
        '}',
        '}',
      ),
  },
}

function wired(text: string): string {
  return lines(
    `import { noboil } from '../support/convex.ts'`,
    `import { s } from '../support/tables.ts'`,
    text,
    'export { api }',
  )
}

/** What `convex/_generated/api` is for a client: the public functions of one file. */
function client(module: string, path: string): string {
  return lines(
    `import { anyApi, type ApiFromModules, type FilterApi, type FunctionReference } from 'convex/server'`,
    `import type * as ${module} from '${path}'`,
    `type Public = FunctionReference<'query' | 'mutation' | 'action', 'public'>`,
    `const api = anyApi as unknown as FilterApi<ApiFromModules<{ ${module}: typeof ${module} }>, Public>`,
  )
}

/** A hook of its own: the sample's imports, its call of a hook, and the rest for afterwards. */
export function hook(text: string, given: string, answer?: string): string {
  const [, imports = '', call = '', rest = ''] =
    /^(import .*\n)([^]*?\)\n?$)([^]*)/m.exec(text) ?? []
  const then = answer ?? lines('return async () => {', rest, '}')
  return lines(imports, `export function useSample(${given}) {`, call, then, '}')
}
