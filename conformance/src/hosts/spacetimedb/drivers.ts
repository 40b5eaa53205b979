/**
 * SpacetimeDB, on the module host of `noboil/spacetimedb/testing`, in both ways in which rows are fetched: by the module's own
 * procedures, and by a worker beside it.
 */
import type { HostDriver } from '../../driver.ts'
import { openByProcedure } from './by-procedure.ts'
import { openByWorker } from './by-worker.ts'
import { gaps } from './gaps.ts'

export const spacetimedb: HostDriver = { name: 'spacetimedb', gaps, open: openByProcedure }

export const spacetimedbWorker: HostDriver = {
  name: 'spacetimedb with a worker',
  gaps,
  open: openByWorker,
}
