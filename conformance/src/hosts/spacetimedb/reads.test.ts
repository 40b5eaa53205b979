/**
 * What operations read, counted by the stand-in: every one of them, with arguments that fit, in a database whose tables hold 10 rows
 * and in one whose tables hold 10,000.
 */
import {
  bundleModule,
  type CallCost,
  createModuleHost,
  type ModuleBundle,
} from 'noboil/spacetimedb/testing'
import { expect, test } from 'vitest'
import { s } from '../../app.ts'
import type { Running } from '../../driver.ts'
import { poll } from '../../fixture.ts'
import { operations } from '../../operations.ts'
import { enter, type World } from '../../world.ts'
import { Calls, told } from './calls.ts'

/** What the indexes of a table are higher among many rows, in rows of theirs. */
const higher = 40

/** How many rows of its scope a search looks at, and the parts of an index that name them. */
const searched = 5_000 + 5_000 / 16

const pageSize = 5

class Counted {
  readonly world: World
  /** What the last call read, and the procedure that answered it. */
  readonly rowsRead: () => number

  constructor(world: World, rowsRead: () => number) {
    this.world = world
    this.rowsRead = rowsRead
  }

  static async open(module: ModuleBundle): Promise<Counted> {
    const http = () => ({ body: JSON.stringify({ version: 1 }) })
    const host = await createModuleHost({ module, http, shuffleScans: 7 })
    const calls = new Calls(host)
    let rowsRead = 0
    const running: Running = {
      async call(path, args, as) {
        const answer = calls.begin(path, args, as)
        const costs: CallCost[] = [host.costs()]
        if (host.advance(0) > 0) costs.push(host.costs())
        rowsRead = costs.reduce((sum, cost) => sum + cost.rowsRead, 0)
        return told(answer()?.value)
      },
      now: () => host.now(),
      advance: async (ms) => void host.advance(ms),
      idle: async () => void host.advance(0),
      putUser: async (user) => calls.putUser(user),
      close: () => host.close(),
    }
    return new Counted(await enter(running), () => rowsRead)
  }
}

/**
 * What tables are filled with. Not those whose hooks or predicates wait; and of those that are filled row by row, one for each
 * factory.
 */
const payloads: Readonly<Record<string, (at: number) => object>> = {
  poll: (at) => ({ title: `poll ${at}` }),
  memo: (at) => ({ text: `memo ${at}` }),
  page: (at) => ({ title: `page ${at}`, state: 'published' }),
  notice: (at) => ({ text: `notice ${at}` }),
  comment: (at) => ({ text: `comment ${at}` }),
  task: (at) => ({ label: `task ${at}` }),
  remark: (at) => ({ text: `remark ${at}` }),
  vote: () => ({ optionIdx: 0 }),
  event: (at) => ({ kind: 'tick', body: `event ${at}` }),
  entry: (at) => ({ text: `entry ${at}` }),
  flag: () => ({ on: true }),
  profile: (at) => ({ name: `somebody ${at}` }),
  film: () => ({}),
  ballots: () => ({}),
}

type Filled = (typeof s)[keyof typeof s]

async function fill(world: World, rows: number): Promise<void> {
  const parents: Readonly<Record<string, string>> = {
    poll: await poll(world, { isPublic: true }),
    memo: (await world.call('memo.create', { payload: { text: 'x' } }, 'ann'))._id,
  }
  for (const [name, payload] of Object.entries(payloads)) {
    const table: Filled = s[name as keyof typeof s]
    const bulk = bulks[table.factory]
    const step = bulk === undefined ? 1 : 500
    for (let at = 0; at < rows; at += step) {
      const items = Array.from({ length: Math.min(step, rows - at) }, (_, i) => payload(at + i))
      const parent = 'parent' in table ? { parent: parents[table.parent] } : {}
      if (bulk !== undefined) await world.call(`${name}.${bulk}`, { ...parent, items }, 'system')
      else await world.call(...one(table, at, items[0] ?? {}), 'system')
      // Answers are kept for a minute.
      if (at % 50 === 0) await world.advance(61_000)
    }
  }
}

const bulks: Readonly<Partial<Record<Filled['factory'], string>>> = {
  owned: 'createBulk',
  child: 'createBulk',
  log: 'appendBulk',
}

function one({ name, factory }: Filled, at: number, payload: object): [string, object] {
  const [key, owner] = [`${at + 1}`, `users.${at}`]
  if (factory === 'base') return [`${name}.load`, { key }]
  if (factory === 'quota') return [`${name}.record`, { owner }]
  if (factory === 'singleton') return [`${name}.upsert`, { userId: owner, payload }]
  return [`${name}.set`, { key, payload }]
}

/** What each operation reads. */
async function reads(module: ModuleBundle, rows: number): Promise<ReadonlyMap<string, number>> {
  const { world, rowsRead } = await Counted.open(module)
  await fill(world, rows)
  const found = new Map<string, number>()
  for (const [path, prepare] of operations) {
    if (path.startsWith('later')) continue
    const given = await prepare(world, { isPublic: true })
    const isPage = 'paginationOpts' in given
    const args = isPage ? { ...given, paginationOpts: { numItems: pageSize, cursor: null } } : given
    await world.call(path, args, 'system')
    found.set(path, rowsRead())
    await world.advance(120_000)
    if (path.startsWith('page.')) await removePages(world)
  }
  await world.host.close()
  return found
}

/** Pages are called the same by every operation, and no two may be. */
async function removePages(world: World): Promise<void> {
  const rows = await world.call<readonly { _id: string }[]>('page.search', { query: 'x' }, 'system')
  for (const { _id: id } of rows) await world.call('page.rm', { id }, 'system')
}

test('no operation reads more rows because there are more, but for the height of the indexes', async () => {
  const module = await bundleModule(new URL('module-by-procedure.ts', import.meta.url))
  const [few, many] = [await reads(module, 10), await reads(module, 10_000)]
  const unbounded: object[] = []
  for (const [path, read] of many) {
    const before = few.get(path) ?? 0
    const most = before + higher + (path.endsWith('.search') ? searched : 0)
    if (read > most) unbounded.push({ path, before, read })
  }
  expect(many.size).toBeGreaterThan(150)
  expect(unbounded).toEqual([])
}, 600_000)
