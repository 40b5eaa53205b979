/** The real ports: the machine's clock and its source of randomness. */
import { randomBytes } from 'node:crypto'
import type { HostPorts } from '../host.ts'

export const systemPorts: HostPorts = {
  clock: {
    now: Date.now,
    setTimer(ms, ring) {
      const timer = setTimeout(ring, ms)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (count) => randomBytes(count) },
}
