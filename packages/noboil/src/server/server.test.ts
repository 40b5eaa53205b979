import { afterEach, expect, test } from 'vitest'
import { type RigOptions, ServerRig } from './server.fixture.ts'

const rigs: ServerRig[] = []

const open = async (options?: RigOptions, people?: readonly string[]): Promise<ServerRig> => {
  const rig = await (await ServerRig.open(options, people)).listen()
  rigs.push(rig)
  return rig
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

const page = { numItems: 10, cursor: null }

test('a vote reaches another reader as a row of its list', async () => {
  const rig = await open()
  const poll = await rig.poll()
  const stream = rig.stream()
  await stream.follow(1, 'vote.pub.list', { parent: poll, paginationOpts: page })
  await stream.follow(2, 'vote.pub.counts', { parent: poll, field: 'option' })
  await rig.value('vote.append', { parent: poll, payload: { option: 1 } }, 'bob')
  await stream.until(() => (stream.value(1) as { page: object[] }).page.length === 1)
  await stream.until(() => JSON.stringify(stream.value(2)) === '{"1":1}')
  expect(stream.value(1)).toEqual(
    await rig.value('vote.pub.list', { parent: poll, paginationOpts: page }),
  )
  stream.destroy()
})
