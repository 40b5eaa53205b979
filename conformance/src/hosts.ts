/** The hosts that the suite runs on. A new one is a driver, and a line here. */
import type { HostDriver } from './driver.ts'
import { convexTestHost } from './hosts/convex.ts'
import { memory, sqlite } from './hosts/node.ts'
import { spacetimedb, spacetimedbWorker } from './hosts/spacetimedb/drivers.ts'

export const hosts: readonly HostDriver[] = [
  memory,
  sqlite,
  convexTestHost,
  spacetimedb,
  spacetimedbWorker,
]
