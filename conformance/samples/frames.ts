/**
 * A file that compiles around each sample of the pages: imports, what names stand for, the function that awaits. A sample is
 * wrapped, and its text stays what it is.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, blocksOf } from './blocks.ts'
import { shapesOf } from './shapes.ts'

export interface Frame {
  /** Where the file goes, relative to the project. */
  readonly path: string
  readonly wrap: (sample: string) => string
}

/** Every sample by `<page>/<name>`. */
export function readSamples(): ReadonlyMap<string, string> {
  const samples = new Map<string, string>()
  for (const page of ['base', 'kv', 'log']) {
    const text = readFileSync(join(import.meta.dirname, `${page}.md`), 'utf8')
    for (const block of blocksOf(text)) add(samples, page, block)
  }
  return samples
}

/** The files of all samples, with what stands beside them. */
export function sampleSources(): ReadonlyMap<string, string> {
  const samples = readSamples()
  const sources = new Map<string, string>()
  for (const name of ['films', 'node', 'register', 'shapes', 'tables']) {
    const path = `support/${name}.ts`
    sources.set(path, readFileSync(join(import.meta.dirname, path), 'utf8'))
  }
  for (const [path, text] of Object.entries(beside)) sources.set(path, text)
  for (const [name, { path, wrap }] of Object.entries(frames)) {
    if (sources.has(path)) throw new Error(`${path} is made twice.`)
    sources.set(path, wrap(samples.get(name) as string))
  }
  return sources
}

export const lines = (...text: readonly string[]): string => `${text.join('\n')}\n`

/** What the base page's samples import beside the library: the app, and a client of somebody's API in the shape that it uses. */
const beside: Readonly<Record<string, string>> = {
  'base/lazy.ts': lines(
    `import { noboil } from 'noboil/node'`,
    `export const app = noboil({ database: process.env['SAMPLE_DATABASE'] ?? 'x.db', tables: () => ({}), log: { level: 'silent' } })`,
    'export const { cacheCrud } = app',
  ),
  'node_modules/tmdb-ts/package.json': lines(
    `{ "name": "tmdb-ts", "version": "0.0.0", "type": "module", "exports": { "types": "./index.d.ts", "default": "./index.js" } }`,
  ),
  'node_modules/tmdb-ts/index.js': lines(
    'export class TMDB {',
    'movies = { details: async ({ movie_id }) => ({ id: movie_id, title: `film ${movie_id}` }) }',
    '}',
  ),
  'node_modules/tmdb-ts/index.d.ts': lines(
    'export declare class TMDB {',
    'constructor(key: string)',
    'movies: { details(given: { movie_id: number }): Promise<{ id: number; title: string }> }',
    '}',
  ),
}

export const frames: Readonly<Record<string, Frame>> = {
  'base/result': { path: 'base/result.ts', wrap: (text) => shapesOf('Base', text) },
  'base/schema-convex': {
    path: 'base/s.ts',
    wrap: (text) => lines(text, 'export const s = schema({ base })'),
  },
  'base/schema-spacetimedb': {
    path: 'base/schema-spacetimedb.ts',
    wrap: (text) => lines(text, 'export const s = schema({ base })'),
  },
  'base/wire-convex': {
    path: 'base/convex/movie.ts',
    wrap: (text) => lines(`import { toMovie } from '../../support/films.ts'`, text),
  },
  'base/stale-while-revalidate': {
    path: 'base/stale-while-revalidate.ts',
    wrap: (text) => wiredFilm(text),
  },
  'base/on-fetch': { path: 'base/on-fetch.ts', wrap: (text) => wiredFilm(text) },
  'base/hooks-convex': {
    path: 'base/hooks-node.ts',
    wrap: (text) =>
      lines(
        onNode(text),
        `import type { BaseApi } from 'noboil/node'`,
        `import type { ClientApi } from 'noboil/node/react'`,
        `import type { s } from './s.ts'`,
        'declare const api: ClientApi<{ movie: BaseApi<typeof s.movie> }>',
        'declare const tmdbId: string',
        'void [data?.title, isLoading, refresh, invalidate]',
      ),
  },
  'kv/result': { path: 'kv/result.ts', wrap: (text) => shapesOf('Kv', text) },
  'kv/schema-convex': {
    path: 'kv/schema-convex.ts',
    wrap: (text) =>
      lines(
        `import { isInternal } from 'noboil/convex/schema'`,
        text,
        'export const s = schema({ kv })',
      ),
  },
  'kv/schema-spacetimedb': {
    path: 'kv/schema-spacetimedb.ts',
    wrap: (text) => lines(text, 'export const s = schema({ kv })'),
  },
  'kv/wire-convex': { path: 'kv/lazy.ts', wrap: (text) => wired(text, 'api') },
  'kv/reexport-convex': { path: 'kv/convex/siteConfig.ts', wrap: (text) => text },
  'kv/write-role': { path: 'kv/write-role.ts', wrap: writeRoles },
  'kv/typed-keys': {
    path: 'kv/typed-keys.ts',
    wrap: (text) =>
      lines(
        `import { object, string } from 'zod/v4'`,
        `import type { KvApi } from 'noboil/node'`,
        `import { makeKv, schema } from 'noboil/schema'`,
        'export const s = schema({ kv: makeKv({ siteConfig: {',
        'schema: object({ message: string() }),',
        'writeRole: true,',
        text,
        '} }) })',
        'export async function typos(api: KvApi<typeof s.siteConfig>) {',
        `await api.get({ key: 'version' })`,
        ...['get', 'rm', 'restore'].flatMap((name) => [
          '// @ts-expect-error -- no key of the table',
          `await api.${name}({ key: 'baner' })`,
        ]),
        '// @ts-expect-error -- no key of the table',
        `await api.set({ key: 'baner', payload: { message: '' } })`,
        '}',
      ),
  },
  'kv/conflict': {
    path: 'kv/conflict.ts',
    wrap: (text) =>
      lines(
        `import type { MutationContext } from 'noboil/node'`,
        `import type { api as Api } from './lazy.ts'`,
        `export async function sample(ctx: Pick<MutationContext<object>, 'db'>, api: typeof Api) {`,
        text,
        '}',
      ),
  },
  'kv/soft-delete': {
    path: 'kv/soft-delete.ts',
    wrap: (text) =>
      lines(
        `import type { api as Api } from './lazy.ts'`,
        'export async function sample(api: typeof Api) {',
        text,
        '}',
      ),
  },
  'kv/hooks-convex': {
    path: 'kv/hooks-node.ts',
    wrap: (text) =>
      lines(
        onNode(text),
        `import type { ClientApi } from 'noboil/node/react'`,
        `import type { api as Api } from './lazy.ts'`,
        'declare const api: ClientApi<typeof Api>',
        'declare const expectedUpdatedAt: number',
      ),
  },
  'log/result': { path: 'log/result.ts', wrap: (text) => shapesOf('Log', text) },
  'log/schema-convex': { path: 'log/schema-convex.ts', wrap: logSchema },
  'log/schema-spacetimedb': { path: 'log/schema-spacetimedb.ts', wrap: logSchema },
  'log/wire-convex': { path: 'log/lazy.ts', wrap: (text) => wired(text, 'api') },
  'log/reexport-convex': { path: 'log/convex/vote.ts', wrap: (text) => text },
  'log/hooks-convex': {
    path: 'log/hooks-node.ts',
    wrap: (text) =>
      lines(
        onNode(text),
        `import type { ClientApi } from 'noboil/node/react'`,
        `import type { Id } from 'noboil/schema'`,
        `import type { api as Api } from './lazy.ts'`,
        'declare const api: ClientApi<typeof Api>',
        `declare const pollId: Id<'poll'>`,
        `declare const rowId: Id<'vote'>, id1: Id<'vote'>, id2: Id<'vote'>`,
      ),
  },
  'log/log-hooks': { path: 'log/log-hooks.ts', wrap: (text) => shapesOf('Log', text) },
  'log/chat-convex': { path: 'log/chat-convex.ts', wrap: chat },
  'log/send-convex': { path: 'log/send-convex.ts', wrap: (text) => send(text, 'chat-convex') },
  'log/chat-spacetimedb': { path: 'log/chat-spacetimedb.ts', wrap: chat },
  'log/send-spacetimedb': {
    path: 'log/send-spacetimedb.ts',
    wrap: (text) => send(text, 'chat-spacetimedb'),
  },
}

/** The same call on this project's own host. */
const onNode = (text: string): string =>
  text.replace(`from 'noboil/convex/react'`, `from 'noboil/node/react'`)

const wired = (text: string, name: string): string =>
  lines(
    `import { noboil } from '../support/node.ts'`,
    `import { s } from '../support/tables.ts'`,
    text,
    `export { ${name} }`,
  )

/** Options that a sample names alone, in a table that takes them. */
const wiredFilm = (options: string): string =>
  lines(
    `import { film, s } from '../support/films.ts'`,
    `import { noboil } from '../support/node.ts'`,
    'export const api = noboil({',
    `tables: ({ table }) => ({ film: table(s.film, { key: 'tmdbId', fetcher: film,`,
    options,
    '}) })',
    '})',
  )

/** The sample is four alternatives: each becomes a table of its own. */
function writeRoles(text: string): string {
  const roles = text.split(/^(?=writeRole:)/m)
  return lines(
    `import { object, string } from 'zod/v4'`,
    `import { isInternal, makeKv, schema } from 'noboil/schema'`,
    'const value = object({ message: string() })',
    'export const s = schema({ kv: makeKv({',
    ...roles.flatMap((role, at) => [`role${at + 1}: { schema: value, ${role}`, '},']),
    '}) })',
  )
}

function logSchema(text: string): string {
  return lines(
    text,
    'export const s = schema({',
    'owned: { poll: object({ title: string() }), chat: object({ title: string() }) },',
    'log,',
    '})',
  )
}

function chat(text: string): string {
  return lines(
    `import { enum as zenum, object, string } from 'zod/v4'`,
    `import { schema, zid } from 'noboil/schema'`,
    'void zid',
    text,
    'export { s }',
  )
}

function send(text: string, schemaFile: string): string {
  return lines(
    `import type { LogApi } from 'noboil/node'`,
    `import type { ClientApi, useLog } from 'noboil/node/react'`,
    `import type { s } from './${schemaFile}.ts'`,
    'type Message = ClientApi<LogApi<typeof s.message>>',
    'export type Log = ReturnType<typeof useLog<Message>>',
    `export async function sample(log: Pick<Log, 'append'>, content: string) {`,
    text,
    'return { seq, created, tempId }',
    '}',
  )
}

function add(samples: Map<string, string>, page: string, { heading, text }: Block): void {
  const name = `${page}/${heading}`
  if (samples.has(name)) throw new Error(`Two samples are called ${name}.`)
  samples.set(name, text)
}
