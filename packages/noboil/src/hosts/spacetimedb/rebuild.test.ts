/** What is found, counted and refused after a module has been published again, with other options than before. */
import { afterEach, expect, it, vi } from 'vitest'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'
import { ask, moduleWith } from './republish.fixture.ts'

/** A module is bundled for each test, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

let host: ModuleHost
afterEach(() => host.close())

async function publish(poll = '', vote = ''): Promise<void> {
  const module = await moduleWith(poll, vote)
  host = await createModuleHost({ module })
}

async function publishAgain(poll = '', vote = ''): Promise<void> {
  const module = await moduleWith(poll, vote)
  host.restart(module)
}

const create = (title: string, more: object = {}): string =>
  ask<{ _id: string }>(host, 'create_poll', { title, isPublic: false, ...more })._id

const query = (name: string, args: object, who = 'ann'): unknown =>
  JSON.parse(host.as(who).procedure(name, { args: JSON.stringify(args) }) as string)

const paginationOpts = { numItems: 100, cursor: null }

function titled(title: string): readonly string[] {
  const { page } = query('list_poll', { where: { title }, paginationOpts }) as {
    readonly page: readonly { readonly _id: string }[]
  }
  return page.map(({ _id }) => _id)
}

it('an index that is added finds the rows there were, with the first question', async () => {
  await publish()
  const made = Array.from({ length: 100 }, (_, n) => create(n % 3 === 0 ? 'Tea?' : 'Coffee?'))
  await publishAgain(`index: ['title']`)
  expect(titled('Tea?').toSorted()).toEqual(made.filter((_, n) => n % 3 === 0).toSorted())
  ask(host, 'update_poll', { id: made[0], title: 'Coffee?' })
  ask(host, 'rm_poll', { id: made[1] })
  expect(titled('Tea?')).toHaveLength(33)
  expect(titled('Coffee?')).toHaveLength(66)
})

it('an index that was taken away comes back as rows are then, and nothing of it is left meanwhile', async () => {
  await publish(`index: ['title']`)
  const [tea, coffee] = [create('Tea?'), create('Coffee?')]
  await publishAgain()
  ask(host, 'rm_poll', { id: tea })
  ask(host, 'update_poll', { id: coffee, title: 'Tea?' })
  expect(host.tables('_roots').filter(({ name }) => String(name).includes('title'))).toEqual([])
  await publishAgain(`index: ['title']`)
  expect(titled('Tea?')).toEqual([coffee])
  expect(titled('Coffee?')).toEqual([])
})

it('unique values hold for the rows there were, and only for as long as they are asked for', async () => {
  await publish()
  create('Tea?')
  await publishAgain(`unique: ['title']`)
  expect(() => create('Tea?')).toThrow('DUPLICATE')
  await publishAgain()
  create('Tea?')
})

it('rows that share a value which is to be unique keep the module from answering until they are mended', async () => {
  await publish()
  create('Tea?')
  const second = create('Tea?')
  await publishAgain(`unique: ['title']`)
  expect(() => create('Coffee?')).toThrow('INTERNAL')
  expect(() => query('list_poll', { paginationOpts })).toThrow('INTERNAL')
  expect(host.logs.at(-1)?.message).toContain(
    `Table 'poll': its indexes cannot be built over the rows that are there`,
  )
  await publishAgain()
  ask(host, 'update_poll', { id: second, title: 'Water?' })
  await publishAgain(`unique: ['title']`)
  expect(() => create('Water?')).toThrow('DUPLICATE')
  create('Coffee?')
})

it('counts that are added count the rows there were; other counts are not theirs', async () => {
  await publish()
  const parent = create('Tea?')
  const items = [0, 1, 1].map((n) => ({ n }))
  ask(host, 'bulk_append_vote', { parent, items })
  await publishAgain('', `counts: ['n']`)
  ask(host, 'append_vote', { parent, n: 1 })
  expect(query('counts_vote', { parent, field: 'n' })).toEqual({ 0: 1, 1: 3 })
  await publishAgain('', `counts: ['m']`)
  ask(host, 'append_vote', { parent, n: 0 })
  expect(query('counts_vote', { parent, field: 'm' })).toEqual({})
  await publishAgain('', `counts: ['n']`)
  expect(query('counts_vote', { parent, field: 'n' })).toEqual({ 0: 2, 1: 3 })
})

it('members that are added may do with the rows there were what members may', async () => {
  await publish()
  const eve = `users.${host.as('eve').identity.toHexString()}`
  host.call('put_users', { args: JSON.stringify({ _id: eve, name: 'Eve' }) })
  const shared = create('Tea?', { editors: [eve] })
  create('Coffee?')
  await publishAgain(`members: 'editors'`)
  host.advance(60_000)
  expect(
    host
      .as('eve')
      .rows('my_poll')
      .map(({ _id }) => _id),
  ).toEqual([shared])
})

it('a call that fails leaves what it built to the next one', async () => {
  await publish()
  const made = create('Tea?')
  await publishAgain(`index: ['title']`)
  expect(() => ask(host, 'update_poll', { id: 'poll.none', title: 'x' })).toThrow('NOT_FOUND')
  expect(titled('Tea?')).toEqual([made])
})
