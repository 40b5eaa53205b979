/**
 * The host that keeps everything in memory: for tests, and the plain measure that other hosts are compared with. Programs,
 * groups, limits and waiting are those of the SQLite host; only the storage is its own.
 */
import type { Layout } from '../../schema/layout.ts'
import type { Host } from '../host.ts'
import { layoutsByName } from '../shared/layouts.ts'
import { systemPorts } from '../shared/ports.ts'
import type { Snapshots } from '../shared/store.ts'
import { type CommonOptions, SyncHost } from '../shared/sync-host.ts'
import { MemoryReader, MemoryTables, MemoryWriter, type State } from './store.ts'

export interface MemoryHostOptions extends CommonOptions {
  readonly layouts: readonly Layout[]
}

/** Opens an empty database in memory. Throws a `DefinitionError` when the layouts cannot be stored. */
export function openMemoryHost(options: MemoryHostOptions): Host {
  const layouts = layoutsByName(options.layouts)
  const tables = new MemoryTables(layouts.values())
  const store = new MemoryWriter(tables)
  const { random } = options.ports ?? systemPorts
  let state: State | undefined
  let reader = new MemoryReader(tables, store.committed)
  const snapshots: Snapshots = {
    // A state never changes, so whoever holds one needs nobody's leave.
    newest() {
      if (state !== store.committed) {
        state = store.committed
        reader = new MemoryReader(tables, state)
      }
      return { store: reader, revision: host.revision }
    },
    hold() {},
    release() {},
  }
  const host = new SyncHost({
    ...options,
    capabilities: { name: 'memory', asyncHooks: true, durable: false, processes: 'one' },
    epoch: Buffer.from(random.bytes(9)).toString('base64url'),
    revision: 0,
    secret: random.bytes(32),
    store,
    snapshots,
    close() {},
  })
  return host
}
