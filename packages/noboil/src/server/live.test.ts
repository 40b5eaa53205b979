/**
 * Live queries over the real factories: whatever is done to the tables, subscribers end up with what a fresh query answers.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { array, boolean, number, object, string } from 'zod/v4'
import { afterAll, expect, test } from 'vitest'
import type { Call } from '../factories/shared/call.ts'
import type { Host } from '../hosts/host.ts'
import { openMemoryHost } from '../hosts/memory/host.ts'
import { openSqliteHost } from '../hosts/sqlite/host.ts'
import { applySteps } from '../live/diff.ts'
import { LiveEngine } from '../live/engine.ts'
import { defaultLiveLimits, type LiveClient, type LiveMessage } from '../live/ports.ts'
import { schema } from '../schema/define.ts'
import { zid } from '../schema/fields.ts'
import type { User } from '../schema/register.ts'
import { assemble } from './assemble.ts'
import { callOf } from './callers.ts'
import { answer, type QueryEntry, Registry } from './registry.ts'
import { wire } from '../factories/tables.ts'

const s = schema({
  owned: {
    poll: object({ question: string(), open: boolean(), friends: array(zid('users')) }),
  },
  child: { comment: { parent: 'poll', schema: object({ text: string() }) } },
  log: { vote: { parent: 'poll', schema: object({ option: number(), note: string() }) } },
  kv: { site: { schema: object({ text: string() }), writeRole: true } },
  singleton: { profile: object({ name: string() }) },
})

const folder = mkdtemp(join(tmpdir(), 'live-'))
let opened = 0

afterAll(async () => rm(await folder, { recursive: true }))

const people = ['ann', 'bob', 'cas', null] as const
type Person = (typeof people)[number]

const callBy = (person: Person): Call =>
  callOf(person === null ? null : ({ _id: `users.${person}`, name: person } as User))

class Told {
  readonly live: LiveClient
  readonly #groups = new Map<string, { value: unknown; revision: number }>()
  readonly #joined = new Map<number, string>()
  readonly failed: LiveMessage[] = []

  constructor(engine: LiveEngine<string>, call: Call) {
    const take = (chunk: string): void => this.#take(JSON.parse(chunk) as LiveMessage)
    this.live = engine.connect(call, { send: take, sendAfter: take })
  }

  value(id: number): unknown {
    return this.#groups.get(this.#joined.get(id) as string)?.value
  }

  /** What nobody looks at any more is let go of. */
  #join(id: number, group: string): void {
    const before = this.#joined.get(id)
    this.#joined.set(id, group)
    if (before === undefined || [...this.#joined.values()].includes(before)) return
    this.#groups.delete(before)
  }

  #take(message: LiveMessage): void {
    if (message.type === 'joined') this.#join(message.id, message.group)
    else if (message.type === 'snapshot') {
      this.#groups.set(message.group, { value: message.value, revision: message.revision })
    } else if (message.type === 'steps') {
      const held = this.#groups.get(message.group) as { value: unknown; revision: number }
      expect(message.from).toBe(held.revision)
      const { value } = held
      held.value = Array.isArray(value)
        ? applySteps(value, message.steps)
        : {
            ...(value as object),
            page: applySteps((value as { page: unknown[] }).page, message.steps),
            ...message.end,
          }
      held.revision = message.revision
    } else if (message.type === 'failed') this.failed.push(message)
  }
}

/** An app whose rows are known by small numbers. */
class World {
  readonly #registry: Registry
  readonly #host: Host
  readonly #engine: LiveEngine<string>
  readonly #told: readonly Told[]
  #work: (() => void)[] = []
  readonly polls: string[] = []
  readonly rows: string[] = []

  private constructor(host: Host, registry: Registry) {
    this.#host = host
    this.#registry = registry
    this.#engine = new LiveEngine<string>({
      source: host,
      cursors: host.cursors ?? { open: () => undefined },
      ports: {
        soon: (work) => this.#work.push(work),
        now: () => 0,
        setTimer: () => () => {},
        name: 'g',
        onError: (error) => {
          throw error
        },
      },
      limits: defaultLiveLimits,
      encode: (message) => JSON.stringify(message),
      find: (path) => this.#query(path),
    })
    this.#told = people.map((person) => new Told(this.#engine, callBy(person)))
  }

  static async open(kind: 'memory' | 'sqlite'): Promise<World> {
    const { tables, users, layouts, contexts } = assemble({
      tables: () => ({
        poll: wire(s.poll, { pub: 'open', members: 'friends', softDelete: true, withAuthor: true }),
        comment: wire(s.comment, {
          create: 'readers',
          pub: 'open',
          softDelete: true,
          withAuthor: true,
        }),
        vote: wire(s.vote, {
          pub: 'open',
          softDelete: true,
          counts: ['option'],
          search: 'note',
          withAuthor: true,
        }),
        site: wire(s.site, { softDelete: true }),
        profile: wire(s.profile),
      }),
    })
    const host =
      kind === 'memory'
        ? openMemoryHost({ layouts })
        : await openSqliteHost({ file: join(await folder, `${++opened}.db`), layouts })
    const noActions = (): never => {
      throw new Error('there are no actions')
    }
    const registry = new Registry(tables, [], { run: noActions, share: noActions })
    contexts.bind({ registry, layouts, users })
    return new World(host, registry)
  }

  /** A call that may fail for reasons of its own. */
  async call(path: string, args: object, person: Person): Promise<unknown> {
    const entry = this.#registry.find(path)
    if (entry?.kind !== 'mutation') throw new Error(`no mutation ${path}`)
    try {
      const given = entry.args(args)
      const call = path.startsWith('users.')
        ? { user: null, internal: true, caller: '' }
        : callBy(person)
      return (await this.#host.write(() => entry.run(call, given))).value
    } catch {
      return undefined
    }
  }

  follow(at: number, id: number, path: string, args: object): void {
    this.#told[at]?.live.subscribe({ id, path, args })
  }

  async quiet(): Promise<void> {
    for (let turn = 0; turn < 6 || this.#work.length > 0; turn++) {
      for (const work of this.#work.splice(0)) work()
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  async expectRight(at: number, id: number, path: string, args: object): Promise<void> {
    const query = this.#query(path) as QueryEntry
    const { value } = await this.#host.read(() =>
      answer(query, callBy(people[at] as Person), query.args(args)),
    )
    const told = this.#told[at] as Told
    expect(told.failed).toEqual([])
    expect([path, told.value(id)]).toEqual([path, JSON.parse(JSON.stringify(value ?? null))])
  }

  async close(): Promise<void> {
    this.#engine.close()
    await this.#host.close()
  }

  #query(path: string): QueryEntry | undefined {
    const entry = this.#registry.find(path)
    return entry?.kind === 'query' ? entry : undefined
  }
}

const who = fc.nat(people.length - 1)
const n = fc.nat(5)
const text = fc.constantFrom('apple', 'axe pear', 'pear')

const act = fc.record({
  do: fc.constantFrom(
    ...['poll', 'open', 'share', 'rmPoll', 'restorePoll', 'vote', 'vote', 'vote', 'vote'],
    ...['update', 'rm', 'hardRm', 'purge', 'restore', 'comment', 'comment', 'rmComment'],
    ...['set', 'rmSite', 'profile', 'user', 'gone'],
  ),
  who,
  n,
  m: n,
  text,
  flag: fc.boolean(),
})

const watch = fc.record({
  who,
  n,
  path: fc.constantFrom(
    ...['poll.list', 'poll.pub.list', 'poll.read', 'vote.list', 'vote.auth.list', 'vote.pub.list'],
    ...['vote.listAfter', 'vote.pub.counts', 'vote.search', 'vote.authIndexed', 'comment.list'],
    ...['comment.pub.list', 'site.get', 'site.list', 'profile.get'],
  ),
  limit: fc.integer({ min: 1, max: 4 }),
})

async function perform(
  world: World,
  given: typeof act extends fc.Arbitrary<infer act> ? act : never,
): Promise<void> {
  const { do: what, n: at, m, text: words, flag } = given
  const person = people[given.who] as Person
  const poll = world.polls[at % Math.max(world.polls.length, 1)] ?? 'poll.none'
  const row = world.rows[m % Math.max(world.rows.length, 1)] ?? 'vote.none'
  switch (what) {
    case 'poll': {
      const payload = { question: words, open: flag, friends: m === 0 ? ['users.bob'] : [] }
      const made = (await world.call('poll.create', { payload }, person)) as
        | { _id: string }
        | undefined
      if (made) world.polls.push(made._id)
      return
    }
    case 'open':
      return void (await world.call('poll.update', { id: poll, patch: { open: flag } }, person))
    case 'share':
      return void (await world.call(
        'poll.update',
        { id: poll, patch: { friends: flag ? ['users.cas'] : [] } },
        person,
      ))
    case 'rmPoll':
      return void (await world.call('poll.rm', { id: poll }, person))
    case 'restorePoll':
      return void (await world.call('poll.restore', { id: poll }, person))
    case 'vote': {
      const payload = { option: m, note: words }
      const made = (await world.call('vote.append', { parent: poll, payload }, person)) as
        | { seq: number }
        | undefined
      if (made) world.rows.push(`vote.${made.seq}.${poll}`)
      return
    }
    case 'update':
      return void (await world.call(
        'vote.update',
        { id: row, patch: { option: at, note: words } },
        person,
      ))
    case 'rm':
      return void (await world.call('vote.rm', { id: row }, person))
    case 'hardRm':
      return void (await world.call('vote.rm', { id: row, hard: true }, person))
    case 'purge':
      return void (await world.call('vote.purgeByParent', { parent: poll }, person))
    case 'restore':
      return void (await world.call('vote.restoreByParent', { parent: poll }, person))
    case 'comment': {
      const made = (await world.call(
        'comment.create',
        { parent: poll, payload: { text: words } },
        person,
      )) as { _id: string } | undefined
      if (made) world.rows.push(made._id)
      return
    }
    case 'rmComment':
      return void (await world.call('comment.rm', { id: row }, person))
    case 'set':
      return void (await world.call(
        'site.set',
        { key: words, payload: { text: words + String(at) } },
        person,
      ))
    case 'rmSite':
      return void (await world.call('site.rm', { key: words }, person))
    case 'profile':
      return void (await world.call('profile.upsert', { payload: { name: words } }, person))
    case 'user':
      return void (await world.call('users.put', { _id: 'users.ann', name: words }, person))
    case 'gone':
      return void (m === 0 && (await world.call('users.remove', { userId: 'users.cas' }, person)))
    default:
      throw new Error(what)
  }
}

function argsFor(path: string, world: World, at: number, limit: number): object {
  const parent = world.polls[at % Math.max(world.polls.length, 1)] ?? 'poll.none'
  const paginationOpts = { numItems: limit, cursor: null }
  if (path === 'poll.read') return { id: parent }
  if (path.startsWith('poll') || path === 'site.list') return { paginationOpts }
  if (path.endsWith('.list')) return { parent, paginationOpts }
  if (path === 'vote.listAfter') return { parent, seq: at, limit }
  if (path === 'vote.pub.counts') return { parent, field: 'option' }
  if (path === 'vote.search') return { parent, query: 'a' }
  if (path === 'vote.authIndexed') return { parent, indexBy: 'option' }
  return path === 'site.get' ? { key: 'apple' } : {}
}

test.each([
  ['memory', 120],
  ['sqlite', 60],
] as const)(
  'on %s, subscribers hold what a fresh query answers, whatever is done',
  async (kind, numRuns) => {
    const history = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.record({ type: fc.constant('act' as const), act }) },
        { weight: 2, arbitrary: fc.record({ type: fc.constant('watch' as const), watch }) },
        { weight: 1, arbitrary: fc.record({ type: fc.constant('quiet' as const) }) },
      ),
      { maxLength: 60, size: 'max' },
    )
    const property = fc.asyncProperty(history, async (steps) => {
      const world = await World.open(kind)
      for (const flag of [true, false]) {
        await perform(world, { do: 'poll', who: 0, n: 0, m: 0, text: 'apple', flag })
      }
      const held: { at: number; id: number; path: string; args: object }[] = []
      try {
        for (const step of steps) {
          if (step.type === 'act') await perform(world, step.act)
          else if (step.type === 'quiet') await world.quiet()
          else {
            const { who: at, n: poll, path, limit } = step.watch
            const args = argsFor(path, world, poll, limit)
            const id = held.length
            held.push({ at, id, path, args })
            world.follow(at, id, path, args)
          }
        }
        await world.quiet()
        for (const { at, id, path, args } of held) await world.expectRight(at, id, path, args)
      } finally {
        await world.close()
      }
    })
    await fc.assert(property, { numRuns })
  },
  60_000,
)
