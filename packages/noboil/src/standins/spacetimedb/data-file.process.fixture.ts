/** A host that writes to the data file it is told of until it is killed. */
import { createModuleHost } from './host.ts'
import type * as Module from './module.fixture.ts'

const [, , dataFile = ''] = process.argv
const entry = new URL('./module.fixture.ts', import.meta.url)
const host = await createModuleHost<typeof Module>({ entry, dataFile })
const text = 'x'.repeat(50_000)
for (;;) {
  host.call('append', { parent: 'a', text })
  await new Promise((resolve) => setTimeout(resolve, 1))
}
