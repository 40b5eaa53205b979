import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from '../bundle.ts'
import { createModuleHost } from '../host.ts'
import type * as Module from '../module.fixture.ts'
import { type Client, connectClient, type NotesHost, subscribed, until } from './client.fixture.ts'

let module: ModuleBundle
let host: NotesHost
beforeAll(async () => {
  module = await bundleModule(new URL('../module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await createModuleHost<typeof Module>({ module })
})
afterEach(() => host.close())

const texts = (client: Client): string[] =>
  Array.from(client.db.note.iter(), ({ text }) => text).sort()

describe.each(['in the process', 'over a socket'])('the SDK’s client, %s,', (way) => {
  let url: string | undefined
  beforeEach(async () => {
    url = way === 'over a socket' ? (await host.listen()).url : undefined
  })
  const connect = (token?: string): Promise<Client> =>
    connectClient(host, { ...(url ? { url } : {}), ...(token ? { token } : {}) })

  test('begins with the rows that are there and follows reducers of its own and of others', async () => {
    host.call('append', { parent: 'a', text: 'early' })
    const [one, two] = [await connect(), await connect()]
    await subscribed(one, "SELECT * FROM note WHERE parent = 'a'")
    await subscribed(two, 'SELECT * FROM note')
    const events: string[] = []
    one.db.note.onInsert((context, row) => events.push(`${context.event.tag} ${row.text}`))
    await one.reducers.append({ parent: 'a', text: 'own' })
    await two.reducers.append({ parent: 'b', text: 'elsewhere' })
    await two.reducers.append({ parent: 'a', text: 'theirs' })
    await until(() => texts(one).length === 3)
    expect(texts(one)).toEqual(['early', 'own', 'theirs'])
    expect(texts(two)).toEqual(['early', 'elsewhere', 'own', 'theirs'])
    expect(events).toEqual(['Reducer own', 'Transaction theirs'])
  })
})
