/**
 * The samples of SpacetimeDB as modules, and as what their clients show. Their text stays what it is; only a hook and the calls that
 * follow it stand in two functions, since the calls come after the hook's component has been shown.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hook } from './convex.frames.ts'
import { type Frame, lines, readSamples } from './frames.ts'
import type { Sources } from './project.ts'

export function spacetimedbSources(): Sources {
  const samples = readSamples()
  const sources = new Map<string, string>()
  for (const name of ['films', 'spacetimedb-tables']) {
    const path = `support/${name}.ts`
    sources.set(path, readFileSync(join(import.meta.dirname, path), 'utf8'))
  }
  const all = [...Object.entries(spacetimedbFrames), ...again]
  for (const [name, { path, wrap }] of all) {
    const text = samples.get(name)
    if (text === undefined || sources.has(path)) throw new Error(`${path} cannot be made.`)
    sources.set(path, wrap(text))
  }
  return sources
}

export const spacetimedbFrames: Readonly<Record<string, Frame>> = {
  'kv/reducers': {
    path: 'kv/made.ts',
    wrap: (text) =>
      made('makeKv', [`const fields = { active: boolean(), message: string() }`], text),
  },
  'kv/schema-spacetimedb': { path: 'kv/s.ts', wrap: (text) => schemaOf(text, '{ kv }') },
  'kv/wire-spacetimedb': { path: 'kv/module.ts', wrap: moduleOf },
  'kv/hooks-spacetimedb': { path: 'kv/hooks.ts', wrap: (text) => shown(hook(text, '')) },
  'log/reducers': {
    path: 'log/made.ts',
    wrap: (text) =>
      made(
        'makeLog, makeOwned',
        [
          `makeOwned(spacetimedb, { tableName: 'poll', fields: object({ title: string() }) })`,
          'const fields = { optionIdx: number(), voter: string() }',
        ],
        text,
      ),
  },
  'log/schema-spacetimedb': {
    path: 'log/s.ts',
    wrap: (text) => {
      const owned = '{ poll: object({ title: string() }), chat: object({ title: string() }) }'
      return schemaOf(text, `{ owned: ${owned}, log }`)
    },
  },
  'log/wire-spacetimedb': { path: 'log/module.ts', wrap: moduleOf },
  'log/hooks-spacetimedb': {
    path: 'log/hooks.ts',
    wrap: (text) => shown(hook(text, 'pollId: string')),
  },
  'log/chat-spacetimedb': {
    path: 'log/chat/s.ts',
    wrap: (text) =>
      lines(
        `import { enum as zenum, object, string } from 'zod/v4'`,
        `import { schema } from 'noboil/spacetimedb/schema'`,
        text,
        'export { s }',
      ),
  },
  'log/send-spacetimedb': {
    path: 'log/chat/send.ts',
    wrap: (text) =>
      shown(
        lines(
          `import { useLog } from 'noboil/spacetimedb/react'`,
          'export function useSample(parent: string) {',
          'const log = useLog({ table: tables.message, append: reducers.append_message }, { parent })',
          'return async (content: string) => {',
          text,
          'return { seq, created }',
          '}',
          '}',
        ),
      ),
  },
  'base/reducers': {
    path: 'base/made.ts',
    wrap: (text) =>
      made(
        'makeCacheCrud',
        [
          'const fields = { tmdbId: number(), title: string(), overview: string(),',
          'posterPath: string().nullable(), releaseDate: string(), voteAverage: number() }',
        ],
        text,
      ),
  },
  'base/schema-spacetimedb': { path: 'base/s.ts', wrap: (text) => schemaOf(text, '{ base }') },
  'base/wire-spacetimedb': { path: 'base/module.ts', wrap: moduleOf },
  'base/hooks-spacetimedb': {
    path: 'base/hooks.ts',
    wrap: (text) => shown(hook(text, 'tmdbId: string', 'void useMut\nreturn { data, isLoading }')),
  },
}

/** What a worker runs is what the module was made of. */
const again: readonly (readonly [string, Frame])[] = [
  ['base/wire-spacetimedb', { path: 'base/worker.ts', wrap: tablesOf }],
]

const schemaOf = (text: string, slots: string): string =>
  lines(text, `export const s = schema(${slots})`)

function moduleOf(text: string): string {
  return lines(
    `import { noboil } from 'noboil/spacetimedb'`,
    `import { fetchTmdb } from '../support/films.ts'`,
    `import { s } from './s.ts'`,
    text,
    'void fetchTmdb',
    'export default spacetimedb',
  )
}

function tablesOf(text: string): string {
  return lines(
    `import { noboil } from '../support/spacetimedb-tables.ts'`,
    `import { fetchTmdb } from '../support/films.ts'`,
    `import { s } from './s.ts'`,
    text,
    'export default spacetimedb',
  )
}

/** A module of the level below `noboil()`. */
function made(makers: string, before: readonly string[], text: string): string {
  return lines(
    `import { table } from 'spacetimedb/server'`,
    `import { boolean, number, object, string } from 'zod/v4'`,
    `import { buildModule, ${makers} } from 'noboil/spacetimedb'`,
    `import { fetchTmdb } from '../support/films.ts'`,
    'const spacetimedb = buildModule()',
    ...before,
    text,
    'void [boolean, number, object, string, table, fetchTmdb, tables, reducers]',
    'export default spacetimedb.build()',
  )
}

/** What a client has of the page's module. */
function shown(text: string): string {
  return lines(
    `import { bindingsOf } from 'noboil/spacetimedb/react'`,
    `import { s } from './s.ts'`,
    'const { tables, reducers } = bindingsOf(s)',
    text,
  )
}
