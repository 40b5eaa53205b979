import { expect, test } from 'vitest'
import { clientOf, connected, deployedDatabase } from './database.ts'

const token = { SPACETIMEDB_TOKEN: 'x' }

test.each(['', 'somewhere', 'ftp://127.0.0.1'])('SPACETIMEDB_URI %j is refused', (uri) => {
  expect(() => deployedDatabase({ SPACETIMEDB_URI: uri, ...token })).toThrow(
    `SPACETIMEDB_URI is '${uri}'; it must be an address`,
  )
})

test('without the owner’s token it is said where to get it', () => {
  expect(() => deployedDatabase({ SPACETIMEDB_URI: 'http://127.0.0.1:3010' })).toThrow(
    /SPACETIMEDB_TOKEN is missing.*spacetime login show --token/,
  )
})

test('a database that does not answer is named, with what to look at', async () => {
  const database = deployedDatabase({ SPACETIMEDB_URI: 'http://127.0.0.1:9', ...token })
  const client = clientOf(database, database.owner)
  await expect(connected(client, database)).rejects.toThrow(
    /^No database 'noboil-demo' answers at http:\/\/127\.0\.0\.1:9: .* SPACETIMEDB_URI/,
  )
  client.close()
})
