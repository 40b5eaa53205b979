/**
 * Writes a project of N tables as an application would have it: `schema.ts`, `server.ts` and `client.ts`. A sixth each are owned, log,
 * child, kv, singleton and quota; 5 to 8 fields a table; most options are used somewhere; the client uses several hooks and
 * functions of every table. Deterministic: the same N gives the same files.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clientOf } from './client.ts'
import { convexFilesOf } from './convex.ts'
import { fieldsOf, type TableSketch } from './sketch.ts'

/** What is checked: the schema alone, the server with it, or all three files; and the same on Convex. */
export const PARTS: readonly Part[] = ['schema', 'server', 'client', 'convexServer', 'convexClient']
export type Part = 'schema' | 'server' | 'client' | 'convexServer' | 'convexClient'

/** Writes the project into `dir`, which is emptied first. `paths` maps the library's entries to declaration files. */
export function generateProject(
  dir: string,
  tables: number,
  paths: Readonly<Record<string, readonly string[]>>,
): void {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const sketches = sketch(tables)
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  write('package.json', `${JSON.stringify({ private: true, type: 'module' })}\n`)
  for (const part of PARTS)
    write(`tsconfig.${part}.json`, `${JSON.stringify(tsconfig(part, paths), undefined, 2)}\n`)
  write('schema.ts', schemaOf(sketches))
  write('server.ts', serverOf(sketches))
  write('client.ts', clientOf(sketches))
  for (const [name, text] of Object.entries(convexFilesOf(sketches, wiringOf(sketches))))
    write(name, text)
}

const FACTORIES: readonly TableSketch['factory'][] = [
  'owned',
  'log',
  'child',
  'kv',
  'singleton',
  'quota',
]

function sketch(tables: number): readonly TableSketch[] {
  return Array.from({ length: tables }, (_, index) => {
    const factory = FACTORIES[index % FACTORIES.length] as TableSketch['factory']
    const owner = index - (index % FACTORIES.length)
    return {
      index,
      factory,
      name: `${factory}${index}`,
      parent: `owned${owner}`,
      fields: fieldsOf(index),
    }
  })
}

function schemaOf(sketches: readonly TableSketch[]): string {
  const slots = FACTORIES.map((factory) => {
    const members = sketches.filter((table) => table.factory === factory).map(declaration)
    return `  ${factory}: make${factory[0]?.toUpperCase()}${factory.slice(1)}({\n${members.join('\n')}\n  }),`
  })
  return `import { array, boolean, enum as zenum, number, object, record, string } from 'zod/v4'
import { makeChild, makeKv, makeLog, makeOwned, makeQuota, makeSingleton, schema, zid } from 'noboil/schema'

export const s = schema({
${slots.join('\n')}
})
`
}

function declaration({ factory, name, parent, fields, index }: TableSketch): string {
  const object = `object({ ${fields.map((field) => `${field.name}: ${field.zod}`).join(', ')} })`
  if (factory === 'quota') return `    ${name}: { limit: ${index + 1}, durationMs: 60_000 },`
  if (factory === 'log' || factory === 'child')
    return `    ${name}: { parent: '${parent}', schema: ${object} },`
  if (factory === 'kv')
    return `    ${name}: { schema: ${object}, keys: ['banner', 'version', 'limit${index}'] as const, writeRole: (ctx) => ctx.user?.role === 'admin' },`
  return `    ${name}: ${object},`
}

function serverOf(sketches: readonly TableSketch[]): string {
  return `import { noboil } from 'noboil/node'
import { s } from './schema.ts'

export const backend = noboil({
  database: ':memory:',
  tables: ({ table }) => ({
${wiringOf(sketches)}
  }),
})
`
}

function wiringOf(sketches: readonly TableSketch[]): string {
  return sketches
    .map((table) => `    ${table.name}: table(s.${table.name}${optionsOf(table)}),`)
    .join('\n')
}

function optionsOf({ factory, index }: TableSketch): string {
  const options = OPTIONS[factory]
  const chosen = options[Math.floor(index / FACTORIES.length) % options.length]
  return chosen === undefined ? '' : `, ${chosen}`
}

/** `undefined`: the table is wired without options. */
const OPTIONS: Readonly<Record<TableSketch['factory'], readonly (string | undefined)[]>> = {
  owned: [
    undefined,
    `{ softDelete: true, rateLimit: 30, pub: 'isPublic', search: 'title', index: ['count'] }`,
    `{ unique: ['title'], index: ['count'], withAuthor: true, hooks: { beforeCreate: async (ctx, { payload }) => ({ ...payload, title: payload.title.trim() + ctx.user._id }) } }`,
  ],
  log: [
    undefined,
    `{ softDelete: true, rateLimit: 30, pub: 'isPublic', counts: ['count'], hooks: { beforeAppend: async (ctx, { payload }) => ({ ...payload, title: ctx.user._id }), afterAppend: async (_ctx, { row }) => { row.seq.toFixed() } } }`,
    `{ search: 'title', withAuthor: true }`,
  ],
  child: [
    undefined,
    `{ softDelete: true, rateLimit: { max: 5, window: 1_000 }, create: 'readers', index: ['count'] }`,
    `{ withAuthor: true, pub: 'isPublic', unique: ['title'], hooks: { afterCreate: async (_ctx, { row }) => { row.title.trim() } } }`,
  ],
  kv: [
    undefined,
    `{ softDelete: true, rateLimit: 10, hooks: { beforeUpdate: async (ctx, { payload }) => ({ ...payload, title: ctx.user._id }) } }`,
  ],
  singleton: [
    undefined,
    `{ rateLimit: 20, hooks: { beforeUpsert: async (_ctx, { payload, prev }) => ({ ...payload, count: (prev?.count ?? 0) + 1 }) } }`,
  ],
  quota: [undefined, `{ authorize: (ctx, { owner }) => ctx.user?._id === owner }`],
}

function tsconfig(part: Part, paths: Readonly<Record<string, readonly string[]>>): object {
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable', 'dom'],
      types: ['node'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      paths,
    },
    // Each file imports the ones before it.
    files: [`${part}.ts`],
  }
}
