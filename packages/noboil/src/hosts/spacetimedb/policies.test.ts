/** What everybody sees after a module has been published again, with other options than before. */
import { expect, it, vi } from 'vitest'
import { createModuleHost, type ModuleHost } from '../../exports/spacetimedb-testing.ts'
import { ask, moduleWith } from './republish.fixture.ts'

/** A module is bundled for each test, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

/** A public poll of Ann's with so many votes. */
function pollWith(host: ModuleHost, votes: number): string {
  const poll = { title: 'Tea?', isPublic: true }
  const { _id: parent } = ask<{ _id: string }>(host, 'create_poll', poll)
  const items = Array.from({ length: votes }, (_, n) => ({ n }))
  ask(host, 'bulk_append_vote', { parent, items })
  return parent
}

const seen = (host: ModuleHost): number[] =>
  ['poll', 'vote'].map((name) => host.as('eve').rows(name).length)

it('rows leave the public table when their table is public no more, though nobody writes them', async () => {
  const host: ModuleHost = await createModuleHost({ module: await moduleWith(`pub: 'isPublic'`) })
  pollWith(host, 450)
  expect(seen(host)).toEqual([1, 450])
  await host.restart(await moduleWith(''))
  host.advance(60_000)
  expect(seen(host)).toEqual([0, 0])
  expect(host.tables('_moves')).toEqual([])
  await host.close()
})

it('the first call that writes begins it', async () => {
  const host: ModuleHost = await createModuleHost({ module: await moduleWith(`pub: 'isPublic'`) })
  const parent = pollWith(host, 3)
  await host.restart(await moduleWith(''))
  ask(host, 'append_vote', { parent, n: 4 })
  host.advance(1)
  expect(seen(host)).toEqual([0, 0])
  ask(host, 'rm_poll', { id: parent })
  await host.restart(await moduleWith(`pub: 'isPublic'`))
  host.advance(60_000)
  expect(seen(host)).toEqual([0, 0])
  await host.close()
})

it('rows come to the public table when their table becomes public', async () => {
  const host: ModuleHost = await createModuleHost({ module: await moduleWith('') })
  const parent = pollWith(host, 450)
  expect(seen(host)).toEqual([0, 0])
  await host.restart(await moduleWith(`pub: 'isPublic'`))
  host.advance(60_000)
  expect(seen(host)).toEqual([1, 450])
  ask(host, 'update_poll', { id: parent, isPublic: false })
  host.advance(1)
  expect(seen(host)).toEqual([0, 0])
  await host.close()
})

it('rows that are to name their author do, follow a rename, and can be removed', async () => {
  const host: ModuleHost = await createModuleHost({ module: await moduleWith(`pub: 'isPublic'`) })
  const parent = pollWith(host, 3)
  const named = moduleWith(`pub: 'isPublic'`, 'withAuthor: true')
  await host.restart(await named)
  ask(host, 'append_vote', { parent, n: 3 })
  ask(host, 'rm_vote', { id: `vote.1.${parent}` })
  host.advance(1)
  const _id = `users.${host.as('ann').identity.toHexString()}`
  host.call('put_users', { args: JSON.stringify({ _id, name: 'Ann' }) })
  const authors = host
    .tables('vote')
    .map(({ author }) => (JSON.parse(author as string) as { name: string }).name)
  expect(authors).toEqual(['Ann', 'Ann', 'Ann'])
  await host.close()
})

it('a module that is published as it was shows what it did, without showing it anew', async () => {
  const module = await moduleWith(`pub: 'isPublic'`)
  const host: ModuleHost = await createModuleHost({ module })
  pollWith(host, 3)
  await host.restart(module)
  ask(host, 'create_poll', { title: 'Coffee?', isPublic: false })
  expect(host.tables('_moves')).toEqual([])
  expect(seen(host)).toEqual([1, 3])
  await host.close()
})
