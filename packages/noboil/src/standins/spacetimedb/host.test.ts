import { beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleModule, type ModuleBundle } from './bundle.ts'
import { createModuleHost, type ModuleHost } from './host.ts'

type Module = typeof import('./module.fixture.ts')
let module: ModuleBundle
let host: ModuleHost<Module>
beforeAll(async () => {
  module = await bundleModule(new URL('./module.fixture.ts', import.meta.url))
})
beforeEach(async () => {
  host = await createModuleHost<Module>({ module })
})
test('a reducer writes rows with the sender, the time and generated ids', () => {
  host.as('alice').call('append', { parent: 'a', text: 'one' })
  const [row] = host.tables('note')
  expect(row?.text).toBe('one')
  expect(row?.author.isEqual(host.as('alice').identity)).toBe(true)
})
