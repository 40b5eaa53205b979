import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineSchema } from 'convex/server'
import { createTestDeployment } from 'noboil/convex/testing'
import { expect, test, vi } from 'vitest'
import schema from '../convex/schema.ts'
import { modules } from './modules.ts'
import { reachDeployment } from './reach.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000 })

test('a deployment that runs this backend is found, whatever path its address has', async () => {
  const { url, close } = await createTestDeployment({ schema, modules }).listen()
  expect(await reachDeployment(`${url}/`)).toBe(url)
  await close()
})

test('one that runs something else is told apart, with what to do', async () => {
  const other = createTestDeployment({
    schema: defineSchema({}),
    modules: { '/convex/_generated/api.js': async () => ({}) },
  })
  const { url, close } = await other.listen()
  await expect(reachDeployment(url)).rejects.toThrow(
    /does not run this backend: deploy it with 'npx convex dev'.*'users:me'/,
  )
  await close()
})

test('what is no deployment is told apart', async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await expect(reachDeployment(url)).rejects.toThrow(/is no Convex deployment \(status 404\)/)
  server.close()
  await once(server, 'close')
  await expect(reachDeployment(url)).rejects.toThrow(/Nothing answers at .* \(.*ECONNREFUSED.*\)/)
})

test.each([
  ['happy-otter-123', /must be the address of a deployment/],
  ['ftp://happy-otter-123.convex.cloud', /must be the address of a deployment/],
  ['', /must be the address of a deployment/],
  ['https://happy-otter-123.convex.site', /clients need the address that ends in .convex.cloud/],
])('what is no address of a deployment is refused: %j', async (address, sentence) => {
  await expect(reachDeployment(address)).rejects.toThrow(sentence)
})
