/** The client of a generated project: for every table one component that uses its hooks and some of its functions. */
import type { TableSketch } from './sketch.ts'

export function clientOf(sketches: readonly TableSketch[]): string {
  return `import { createApi, createClient } from 'noboil/client'
import { useKv, useList, useLog, useMut, useQuery, useQuota, useSingleton } from 'noboil/node/react'
import type { backend } from './server.ts'

export const api = createApi<typeof backend.api>()
export const client = createClient({ baseUrl: '/' })

function never(): never {
  throw new Error('no row')
}

${sketches.map((table) => `${component(table)}\n`).join('\n')}`
}

function component(table: TableSketch): string {
  const name = table.name[0]?.toUpperCase() + table.name.slice(1)
  const body = BODIES[table.factory](table).map((line) => `  ${line}`)
  return `export function use${name}(id: string) {\n${body.join('\n')}\n}`
}

const BODIES: Readonly<Record<TableSketch['factory'], (table: TableSketch) => readonly string[]>> =
  {
    owned: (table) => [
      `const rows = useList(api.${table.name}.list, {}, { pageSize: 20 })`,
      `const create = useMut(api.${table.name}.create)`,
      `const titles = rows.data?.map((row) => row.title + row._id)`,
      `const add = async () => (await create({ payload: ${payload(table)} })).count`,
      `const update = () => client.mutation(api.${table.name}.update, { id: rows.data?.[0]?._id ?? never(), patch: { title: id } })`,
      `return { titles, add, update, id, last: rows.data?.at(-1)?.${lastField(table)} }`,
    ],
    log: (table) => [
      `const log = useLog(api.${table.name}, { parent: id })`,
      `const tail = useQuery(api.${table.name}.listAfter, { parent: id, seq: 0, limit: 10 })`,
      `const own = useQuery(api.${table.name}.auth.read, log.data?.[0] ? { id: log.data[0]._id } : 'skip')`,
      `const append = async () => (await log.append({ payload: ${payload(table)}, idempotencyKey: id })).seq`,
      `const fix = () => log.update(log.data?.[0]?._id ?? never(), { count: 2 })`,
      `return { append, fix, seqs: tail.data?.map((row) => row.seq), title: own.data?.title, last: log.data?.at(-1)?.${lastField(table)} }`,
    ],
    child: (table) => [
      `const rows = useList(api.${table.name}.list, { parent: id }, { pageSize: 20 })`,
      `const create = useMut(api.${table.name}.create)`,
      `const add = () => create({ parent: id, payload: ${payload(table)} })`,
      `const remove = () => client.mutation(api.${table.name}.rm, { id: rows.data?.[0]?._id ?? never() })`,
      `return { add, remove, parents: rows.data?.map((row) => row.parent), last: rows.data?.at(-1)?.${lastField(table)} }`,
    ],
    kv: (table) => [
      `const banner = useKv(api.${table.name}, 'banner')`,
      `const version = useQuery(api.${table.name}.get, { key: 'version' })`,
      `const set = () => banner.update(${payload(table)}, { expectedUpdatedAt: banner.data?.updatedAt ?? 0 })`,
      `const clear = () => client.mutation(api.${table.name}.rm, { key: 'limit${table.index}' })`,
      `return { set, clear, id, title: banner.data?.title, last: version.data?.${lastField(table)} }`,
    ],
    singleton: (table) => [
      `const mine = useSingleton(api.${table.name})`,
      `const read = useQuery(api.${table.name}.get, {})`,
      `const rename = () => mine.upsert({ title: id })`,
      `const write = () => mine.upsert(${payload(table)})`,
      `return { rename, write, title: mine.data?.title, last: read.data?.${lastField(table)} }`,
    ],
    quota: (table) => [
      `const quota = useQuota(api.${table.name})`,
      `const check = useQuery(api.${table.name}.check, {})`,
      `const consume = async () => (await quota.consume()).allowed`,
      `return { consume, id, left: quota.state?.remaining, wait: check.data?.retryAfter }`,
    ],
  }

function payload({ fields }: TableSketch): string {
  return `{ ${fields.map(({ name, value }) => `${name}: ${value}`).join(', ')} }`
}

function lastField({ fields }: TableSketch): string {
  return fields.at(-1)?.name ?? 'title'
}
