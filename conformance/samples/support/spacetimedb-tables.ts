/** What `noboil` stands for in samples whose tables a worker is to have: it answers them. */
import type { SpacetimeConfig, Wired } from 'noboil/spacetimedb'

export const noboil = <const wired extends Readonly<Record<string, Wired>>>({
  tables,
}: SpacetimeConfig<wired>): SpacetimeConfig<wired>['tables'] => tables
