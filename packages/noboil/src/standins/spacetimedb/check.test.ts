import { expect, test } from 'vitest'
import { bundleModule } from './bundle.ts'
import { checkModule } from './check.ts'

const entry = new URL('./module.fixture.ts', import.meta.url)
const module = (source: string): { source: string; folder: string } => ({
  folder: import.meta.dirname,
  source: `import { schema, t, table } from 'spacetimedb/server'\n${source}`,
})

test('a module that can be published is reported by what clients see of it, and by its size', async () => {
  const report = await checkModule(entry)
  expect(report).toEqual({
    bytes: (await bundleModule(entry)).bytes,
    publicTables: ['note', 'shout', 'tag'],
    privateTables: ['alarm', 'audit', 'errand', 'head'],
    views: ['mine', 'of_a'],
    reducers: ['append', 'arm', 'cry', 'disarm', 'edit', 'purge', 'send', 'tag_note', 'whoami'],
    procedures: ['draw', 'fetch_and_store', 'fetch_inside', 'since'],
  })
})

test('a bundle is checked as well as its source, and no function of it runs', async () => {
  const bundle = await bundleModule(
    module(`
      const db = schema({})
      export default db
      export const init = db.init(() => { throw new Error('it ran') })
    `),
  )
  expect(await checkModule(bundle)).toMatchObject({ bytes: bundle.bytes, reducers: [] })
})

test('a bundle that is too large is refused with both sizes', async () => {
  const bundle = await bundleModule(entry)
  await expect(checkModule(bundle, { maxBytes: 1000 })).rejects.toThrow(
    `has ${bundle.bytes} bytes, and may have 1000`,
  )
  expect(await checkModule(bundle, { maxBytes: bundle.bytes })).toMatchObject({})
})

test.each([
  [
    'needs Node as it loads',
    'setTimeout(() => {}, 1)\nexport default schema({})',
    'setTimeout is not defined',
  ],
  ['imports Node', `import 'node:fs'\nexport default schema({})`, 'cannot be'],
  ['is no module', 'export default 7', 'schema() of spacetimedb/server'],
  [
    'has a table of a reserved name',
    'export default schema({ st_x: table({}, { id: t.u32() }) })',
    'is reserved',
  ],
  [
    'has a unique constraint that no index holds',
    `export default schema({ a: table({ constraints: [{ constraint: 'unique', columns: ['x', 'y'] }] }, { x: t.u32(), y: t.u32() }) })`,
    'has no index over exactly these columns',
  ],
])('a module that %s is refused', async (_name, source, message) => {
  await expect(checkModule(module(source))).rejects.toThrow(message)
})
