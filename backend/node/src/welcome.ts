/**
 * What whoever started the demo reads in the terminal.
 */
import { join } from 'node:path'
import type { Config } from './config.ts'

export interface Opened {
  /** The address that people open. */
  readonly open: string
  readonly adminEmail: string
  readonly password: string
  /** Where films come from. */
  readonly films: string
}

export const cacheLogIn = (dataDir: string): string => join(dataDir, 'logs/cache.json')

export function welcome(config: Config, { open, adminEmail, password, films }: Opened): string {
  const { dataDir, redisUrl } = config
  return `
  Poll is open at ${open}
  Open it in two browsers: a vote in one moves the tally in the other.

  Movie is open at ${open}/movie
  Open a film twice: the second time it comes from the cache, and says so.

  ${mirrorWords(config)}

  Admin:  ${adminEmail}
          ${password}   (kept in ${join(dataDir, 'admin-password')})
  Films:  ${films}
  Cache:  in ${redisUrl === undefined ? 'memory' : 'memory and Redis'}; what it does is in ${cacheLogIn(dataDir)}
  Data:   ${dataDir}
`
}

/** What this deployment has to do with another one. */
function mirrorWords({ isMirror, tellsPeer, peerUrl }: Config): string {
  if (isMirror) {
    return `This is a mirror of ${peerUrl}, with data of its own. Open a film in both, then mark it as stale
  as admin in one: the other forgets its copy too, before your eyes, and fetches it again.`
  }
  if (!tellsPeer) return 'Changes are told to the deployments that CACHE_MIRRORS names.'
  if (peerUrl === null) return 'A mirror needs a port that is known: set PORT to have one.'
  return `npm run start:mirror, in another terminal, opens a second deployment at ${peerUrl}
  that forgets what this one forgets.`
}
