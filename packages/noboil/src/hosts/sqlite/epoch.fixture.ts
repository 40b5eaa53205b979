/** A process that opens a database, writes to it, and is killed. */
import { insert } from '../../program/program.ts'
import { numbers, sums } from './derived.fixture.ts'
import { openSqliteHost } from './host.ts'

const host = await openSqliteHost({ file: process.argv[2] as string, layouts: [numbers, sums] })
await host.write(function* () {
  yield* insert(numbers, { id: Date.now(), group: 'killed' })
})
process.kill(process.pid, 'SIGKILL')
