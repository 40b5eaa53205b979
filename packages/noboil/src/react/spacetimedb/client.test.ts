import { beforeAll, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { openRig } from '../../hosts/spacetimedb/app.fixture.ts'
import { schemaOfFixture } from '../../hosts/spacetimedb/schema.fixture.ts'
import { bindingsOf } from '../../wire/spacetimedb.ts'
import { SpacetimeClient } from './client.ts'

const bindings = bindingsOf(schemaOfFixture)
const { tables, reducers } = bindings

// The module is bundled once, which takes as long as the machine is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(async () => (await openRig()).host.close())

async function world() {
  const rig = await openRig()
  const make = (): SpacetimeClient => {
    let token: string | undefined
    return new SpacetimeClient({
      uri: 'http://stand-in',
      database: 'test',
      bindings,
      webSocket: rig.host.webSocket(),
      tokens: {
        get: () => token,
        set: (given) => {
          token = given
        },
      },
    })
  }
  return { rig, make }
}

it('a call answers what its operation answers, and a refusal has its code and payload', async () => {
  const { make } = await world()
  const ann = make()
  const poll = await ann.call(reducers.create_poll, { payload: { title: 'Tea?' } })
  expect(poll).toMatchObject({ title: 'Tea?', isPublic: false, userId: ann.userId })
  const wrong = ann.call(reducers.update_poll, { id: 'poll.none', patch: {} })
  expect(errorCode(await wrong.catch((error: unknown) => error))).toBe('NOT_FOUND')
  const page = await ann.query('poll.list', { paginationOpts: { numItems: 5, cursor: null } })
  expect(page).toMatchObject({ page: [{ title: 'Tea?' }] })
  const nothing = ann.query('poll.nothing', {})
  expect(errorCode(await nothing.catch((error: unknown) => error))).toBe('NOT_FOUND')
  const noJson = ann.call(reducers.append_vote, {
    parent: poll._id,
    payload: { optionIdx: 0, labels: { tea: 1n as never } },
  })
  expect(errorCode(await noJson.catch((error: unknown) => error))).toBe('VALIDATION_FAILED')
  ann.close()
})

it('a watch shows one’s own rows and public ones, and follows what others do', async () => {
  const { make } = await world()
  const [ann, bob] = [make(), make()]
  const open = (await ann.call(reducers.create_poll, {
    payload: { title: 'Open', isPublic: true },
  })) as { _id: string }
  await ann.call(reducers.create_poll, { payload: { title: 'Hidden' } })
  const mine = ann.watch(tables.poll).watch
  const his = bob.watch(tables.poll).watch
  const titles = (watch: typeof mine) =>
    watch
      .get()
      .rows?.map((row) => row['title'])
      .toSorted()
  await vi.waitFor(() => expect(titles(mine)).toEqual(['Hidden', 'Open']))
  await vi.waitFor(() => expect(titles(his)).toEqual(['Open']))

  const filter = { column: 'parent', value: open._id }
  const votes = ann.watch(tables.vote, filter).watch
  await bob.call(reducers.append_vote, { parent: open._id, payload: { optionIdx: 1 } })
  await vi.waitFor(() => expect(votes.get().rows).toMatchObject([{ seq: 1, where: null }]))
  ann.close()
  bob.close()
})

it('an edit is shown at once, and its confirmed row takes its place without a gap', async () => {
  const { make } = await world()
  const ann = make()
  const { watch } = ann.watch(tables.banner, { column: 'key', value: 'top' })
  await vi.waitFor(() => expect(watch.get().rows).toEqual([]))
  const seen: unknown[] = []
  watch.listen(() =>
    seen.push(watch.get().rows?.map(({ message, isPending }) => [message, isPending])),
  )
  const edit = { kind: 'put', row: { _id: 'banner.top', message: 'hi' } } as const
  await ann.perform(reducers.set_banner, { key: 'top', payload: { message: 'hi' } }, [
    [watch, [edit]],
  ])
  expect(seen[0]).toEqual([['hi', true]])
  expect(seen.at(-1)).toEqual([['hi', undefined]])
  expect(seen).not.toContainEqual([])
  ann.close()
})

it('rows stay while the connection is away, and nothing is missed or doubled when it is back', async () => {
  const { rig, make } = await world()
  const ann = make()
  const { watch } = ann.watch(tables.banner)
  await ann.call(reducers.set_banner, { key: 'a', payload: { message: '1' } })
  await vi.waitFor(() => expect(watch.get().rows).toHaveLength(1))
  const before = ann.userId
  ann.reconnect()
  expect(watch.get().rows).toHaveLength(1)
  rig.call('bob', 'banner.set', { key: 'b', payload: { message: '2' } })
  await vi.waitFor(() => expect(watch.get().rows).toHaveLength(2))
  expect(ann.userId).toBe(before)
  ann.close()
})

it('what somebody did while the connection was away is not done in the name of who comes after', async () => {
  const { rig, make } = await world()
  const ann = make()
  await ann.call(reducers.set_banner, { key: 'a', payload: { message: 'by Ann' } })
  ann.reconnect()
  const calling = ann.call(reducers.set_banner, { key: 'a', payload: { message: 'late' } })
  ann.reconnect({ token: undefined })
  expect(errorCode(await calling.catch((error: unknown) => error))).toBe('UNAVAILABLE')
  await ann.call(reducers.set_banner, { key: 'b', payload: { message: 'by somebody new' } })
  expect(rig.sees('eve', 'banner').map(({ message }) => message)).toEqual([
    'by Ann',
    'by somebody new',
  ])
  ann.close()
})

it('without its token a client is somebody new', async () => {
  const { make } = await world()
  const ann = make()
  await vi.waitFor(() => expect(ann.state).toBe('live'))
  const before = ann.userId
  ann.reconnect({ token: undefined })
  await vi.waitFor(() => expect(ann.userId).not.toBe(before))
  ann.close()
})

it('windows of one browser become somebody else together', async () => {
  const { rig } = await world()
  let token: string | undefined
  const windows = new Set<() => void>()
  const open = (): SpacetimeClient =>
    new SpacetimeClient({
      uri: 'http://stand-in',
      database: 'test',
      bindings,
      webSocket: rig.host.webSocket(),
      tokens: {
        get: () => token,
        set: (given) => {
          if (token === given) return
          token = given
          for (const heard of windows) queueMicrotask(heard)
        },
        listen: (heard) => {
          windows.add(heard)
          return () => windows.delete(heard)
        },
      },
    })
  const [one, two] = [open(), open()]
  const together = () => {
    expect(one.userId).toBeDefined()
    expect(two.userId).toBe(one.userId)
  }
  await vi.waitFor(together)
  const before = one.userId
  one.reconnect({ token: undefined })
  await vi.waitFor(() => {
    together()
    expect(one.userId).not.toBe(before)
  })
  two.close()
  one.reconnect({ token: undefined })
  expect(windows.size).toBe(1)
  one.close()
})

it('a watch that is let go of leaves nothing behind on the connection', async () => {
  const { make } = await world()
  const ann = make()
  const { watch } = ann.watch(tables.banner)
  await vi.waitFor(() => expect(watch.get().rows).toEqual([]))
  const listeners = vi.fn<() => void>()
  watch.listen(listeners)
  watch.detach()
  await ann.call(reducers.set_banner, { key: 'a', payload: { message: '1' } })
  expect(listeners).not.toHaveBeenCalled()
  ann.close()
})

it('rows that have not changed are the same objects again', async () => {
  const { make } = await world()
  const ann = make()
  const { watch } = ann.watch(tables.banner)
  await ann.call(reducers.set_banner, { key: 'a', payload: { message: '1' } })
  await vi.waitFor(() => expect(watch.get().rows).toHaveLength(1))
  const before = watch.get().rows?.[0]
  await ann.call(reducers.set_banner, { key: 'b', payload: { message: '2' } })
  await vi.waitFor(() => expect(watch.get().rows).toHaveLength(2))
  expect(watch.get().rows?.find((row) => row['key'] === 'a')).toBe(before)
  ann.close()
})
