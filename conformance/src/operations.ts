/**
 * Every operation of the app with arguments that fit: what the authorisation matrix, the malformed calls and the check that
 * no operation lacks cases are generated from.
 */
import { options, s } from './app.ts'
import { append, comment, memo, shared, vote } from './fixture.ts'
import { firstPage, type Page, type World } from './world.ts'

/** Makes what the operation is about and answers arguments for it. `poll` says what its poll is like. */
export type Prepare = (world: World, poll: { readonly isPublic: boolean }) => Promise<object>

type Operations = Readonly<Record<string, Prepare>>

const page = { paginationOpts: firstPage() }

const rowOf = async (w: World, table: string): Promise<string> => {
  if (table === 'memo') return (await memo(w))._id
  return (await w.call(`${table}.create`, { payload: payloads[table] }, 'ann'))._id
}

const payloads: Readonly<Record<string, object>> = {
  poll: { title: 'x' },
  memo: { text: 'x' },
  page: { title: 'x', state: 'published' },
  notice: { text: 'x' },
  comment: { text: 'x' },
  task: { label: 'x' },
  remark: { text: 'x' },
  vote: { optionIdx: 0 },
  event: { kind: 'tick', body: 'x' },
  entry: { text: 'x' },
  laterEntry: { text: 'x' },
  banner: { active: true, message: 'x' },
  flag: { on: true },
  health: { ok: true },
  trace: { by: 'x', what: 'x' },
  laterSetting: { value: 'x' },
}

/** The row that an operation of an owned table is about: ann's, and where it can be, shared with bob. */
const owned = (w: World, table: string, how: { isPublic: boolean }): Promise<string> =>
  table === 'poll' ? shared(w, { title: 'x', ...how }) : rowOf(w, table)

const parentOf = (w: World, table: string, how: { isPublic: boolean }): Promise<string> =>
  parents[table] === 'memo' ? rowOf(w, 'memo') : shared(w, how)

const parents: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(s).flatMap((table) => ('parent' in table ? [[table.name, table.parent]] : [])),
)

/** A row under a parent: bob's where he may make one. */
async function under(w: World, table: string, how: { isPublic: boolean }): Promise<string> {
  const parent = await parentOf(w, table, how)
  const who = parents[table] === 'memo' ? 'ann' : 'bob'
  if (table === 'comment') return (await comment(w, parent, who, 'x'))._id
  if (table === 'vote') return (await vote(w, parent, who))._id
  if (s[table as 'vote'].factory === 'log') {
    return (await append(w, table, parent, payloads[table] as object, who))._id
  }
  const args = { parent, payload: payloads[table] }
  return (await w.call(`${table}.create`, args, who))._id
}

const entity = (
  table: string,
  row: (w: World, how: { isPublic: boolean }) => Promise<string>,
): Operations => ({
  update: async (w, how) => ({ id: await row(w, how), patch: payloads[table] }),
  updateBulk: async (w, how) => ({ items: [{ id: await row(w, how), patch: payloads[table] }] }),
  rm: async (w, how) => ({ id: await row(w, how) }),
  rmBulk: async (w, how) => ({ ids: [await row(w, how)] }),
  restore: async (w, how) => {
    const id = await row(w, how)
    if (isSoft(table)) await w.call(`${table}.rm`, { id }, 'system')
    return { id }
  },
})

const isSoft = (table: string): boolean =>
  (options[table as 'poll'] as { softDelete?: boolean }).softDelete === true

const ownedOperations = (table: string): Operations => {
  const row = (w: World, how: { isPublic: boolean }): Promise<string> => owned(w, table, how)
  return {
    create: async () => ({ payload: payloads[table] }),
    createBulk: async () => ({ items: [payloads[table]] }),
    ...entity(table, row),
    ...groups(table, {
      list: async (w, how) => (await row(w, how), page),
      read: async (w, how) => ({ id: await row(w, how) }),
      search: async (w, how) => (await row(w, how), { query: 'x' }),
    }),
  }
}

const childOperations = (table: string): Operations => {
  const row = (w: World, how: { isPublic: boolean }): Promise<string> => under(w, table, how)
  const parent = async (w: World, how: { isPublic: boolean }): Promise<string> =>
    (await w.call(`${table}.read`, { id: await row(w, how) }, 'system'))['parent'] as string
  return {
    create: async (w, how) => ({ parent: await parentOf(w, table, how), payload: payloads[table] }),
    createBulk: async (w, how) => ({
      parent: await parentOf(w, table, how),
      items: [payloads[table]],
    }),
    ...entity(table, row),
    ...groups(table, {
      list: async (w, how) => ({ parent: await parent(w, how), ...page }),
      read: async (w, how) => ({ id: await row(w, how) }),
      search: async (w, how) => ({ parent: await parent(w, how), query: 'x' }),
    }),
  }
}

const logOperations = (table: string): Operations => {
  const row = (w: World, how: { isPublic: boolean }): Promise<string> => under(w, table, how)
  const parent = async (w: World, how: { isPublic: boolean }): Promise<string> =>
    (await w.call(`${table}.read`, { id: await row(w, how) }, 'system'))['parent'] as string
  const counted = (options[table as 'vote'] as { counts?: readonly string[] }).counts?.[0]
  const indexBy = Object.keys(payloads[table] as object)[0]
  const indexed: Prepare = async (w, how) => ({ parent: await parent(w, how), indexBy })
  return {
    append: async (w, how) => ({ parent: await parentOf(w, table, how), payload: payloads[table] }),
    appendBulk: async (w, how) => ({
      parent: await parentOf(w, table, how),
      items: [payloads[table]],
    }),
    update: async (w, how) => ({ id: await row(w, how), patch: payloads[table] }),
    rm: async (w, how) => ({ id: await row(w, how) }),
    rmBulk: async (w, how) => ({ ids: [await row(w, how)] }),
    purgeByParent: async (w, how) => ({ parent: await parent(w, how) }),
    restoreByParent: async (w, how) => {
      const purged = { parent: await parent(w, how) }
      if (isSoft(table)) await w.call(`${table}.purgeByParent`, purged, 'system')
      return purged
    },
    ...groups(table, {
      list: async (w, how) => ({ parent: await parent(w, how), ...page }),
      listAfter: async (w, how) => ({ parent: await parent(w, how), seq: 0 }),
      read: async (w, how) => ({ id: await row(w, how) }),
      search: async (w, how) => ({ parent: await parent(w, how), query: 'x' }),
      ...(counted
        ? { counts: async (w, how) => ({ parent: await parent(w, how), field: counted }) }
        : {}),
    }),
    authIndexed: indexed,
    ...(isPublic(table) ? { pubIndexed: indexed } : {}),
  }
}

const isPublic = (table: string): boolean =>
  (options[table as 'poll'] as { pub?: unknown }).pub !== undefined

/** Reads are there flat, for owners, and where the table is public for everybody. */
const groups = (table: string, reads: Operations): Operations =>
  Object.fromEntries(
    ['', 'auth.', ...(isPublic(table) ? ['pub.'] : [])].flatMap((group) =>
      Object.entries(reads)
        .filter(([name]) => name !== 'search' || 'search' in options[table as 'poll'])
        .map(([name, prepare]) => [`${group}${name}`, prepare]),
    ),
  )

const kvOperations = (table: string): Operations => {
  const { keys } = s[table as 'banner'] as { readonly keys: readonly string[] | undefined }
  const key = keys?.[0] ?? 'k'
  const given = { key, payload: payloads[table] }
  const put = (w: World): Promise<unknown> => w.call(`${table}.set`, given, 'system')
  return {
    get: async (w) => (await put(w), { key }),
    list: async (w) => (await put(w), page),
    set: async () => given,
    rm: async (w) => (await put(w), { key }),
    restore: async (w) => {
      await put(w)
      if (isSoft(table)) await w.call(`${table}.rm`, { key }, 'system')
      return { key }
    },
  }
}

const singletonOperations = (table: string): Operations => {
  const payload = table === 'profile' ? { name: 'x' } : { text: 'x' }
  const owner = (w: World): object => ({ userId: w.ids.ann })
  return {
    get: async (w) => (
      await w.call(`${table}.upsert`, { payload, ...owner(w) }, 'system'),
      owner(w)
    ),
    upsert: async (w) => ({ payload, ...owner(w) }),
  }
}

const quotaOperations = (): Operations => {
  const owner: Prepare = async (w) => ({ owner: w.ids.ann })
  return { check: owner, record: owner, consume: owner }
}

const baseOperations = (table: string): Operations => {
  const key = table === 'film' ? '7' : 'k'
  const kept: Prepare = async (w) => (await w.call(`${table}.load`, { key }, 'system'), { key })
  return {
    get: kept,
    load: async () => ({ key }),
    refresh: kept,
    list: async (w, how) => (await kept(w, how), page),
    all: async (w, how) => (await kept(w, how), page),
    invalidate: kept,
    purge: async (w, how) => (await kept(w, how), { keys: [key] }),
  }
}

const byFactory = {
  owned: ownedOperations,
  child: childOperations,
  log: logOperations,
  kv: kvOperations,
  singleton: singletonOperations,
  base: baseOperations,
  quota: quotaOperations,
}

/** Operations by path. */
export const operations: ReadonlyMap<string, Prepare> = new Map(
  Object.values(s).flatMap((table) =>
    Object.entries(byFactory[table.factory](table.name)).map(
      ([name, prepare]): [string, Prepare] => [`${table.name}.${name}`, prepare],
    ),
  ),
)

/** Empty pages, lists, sums and groups, null, and writes that did nothing. */
export function isNothing(answer: unknown): boolean {
  if (answer === null) return true
  if (Array.isArray(answer)) return answer.length === 0
  if (typeof answer !== 'object') return false
  if ('page' in answer) return (answer as Page).page.length === 0
  const values = Object.values(answer)
  return values.every((value) => value === 0 || value === false)
}
