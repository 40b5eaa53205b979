/**
 * What the demo is told when it starts: by the environment, and by `--mirror` for a second deployment on the same machine. Both are
 * told the same, `PORT` and `NOBOIL_DATA` of the first, so that each knows where the other is.
 */
import { join, resolve } from 'node:path'
import { DefinitionError } from 'noboil/node'

export interface Config {
  readonly isMirror: boolean
  readonly port: number
  readonly hostname: string
  readonly dataDir: string
  /** What both deployments have to know is kept here: the first one's data folder. */
  readonly sharedDir: string
  /** The address people open; cookies belong to it. */
  readonly baseUrl: string
  /** Where the other deployment on this machine is, or would be; null: the first one takes any free port, and nobody can know. */
  readonly peerUrl: string | null
  /** False: `CACHE_MIRRORS` says whom to tell. */
  readonly tellsPeer: boolean
  /** The account that deployments sign in to one another with; null: one that is made for this demo. */
  readonly service: ServiceAccount | null
  /** The Redis to keep values in; without it they are in memory. */
  readonly redisUrl: string | undefined
  /** TMDB's access token; without it films come from the bundled catalogue. */
  readonly tmdbKey: string | undefined
}

export interface ServiceAccount {
  readonly email: string
  readonly password: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `home`: the folder that data is kept in unless the environment names another. */
export function configFrom(env: Environment, args: readonly string[], home: string): Config {
  const unknown = args.find((arg) => arg !== '--mirror')
  if (unknown !== undefined) {
    throw new DefinitionError(`There is no option '${unknown}'; there is --mirror.`)
  }
  const sharedDir = resolve(env['NOBOIL_DATA'] ?? join(home, 'data'))
  const address = addressesOf(env)
  const { SERVICE_EMAIL: email, SERVICE_PASSWORD: password } = env
  const common = {
    hostname: address.hostname,
    sharedDir,
    tellsPeer: env['CACHE_MIRRORS'] === undefined,
    service: email && password ? { email, password } : null,
    redisUrl: env['REDIS_URL'] || undefined,
    tmdbKey: env['TMDB_KEY'] || undefined,
  }
  if (!args.includes('--mirror')) {
    return {
      ...common,
      isMirror: false,
      port: address.port,
      dataDir: sharedDir,
      baseUrl: env['BASE_URL'] ?? `http://${address.hostname}:${address.port}`,
      peerUrl: address.mirror?.url ?? null,
    }
  }
  if (address.mirror === null) {
    throw new DefinitionError(
      'A mirror has to know where the first deployment is: set PORT to its port, or leave it out for 3000.',
    )
  }
  return {
    ...common,
    isMirror: true,
    port: address.mirror.port,
    dataDir: join(sharedDir, 'mirror'),
    baseUrl: address.mirror.url,
    peerUrl: address.url,
  }
}

interface Addresses {
  readonly hostname: string
  readonly port: number
  /** Where the first deployment is reached from this machine. */
  readonly url: string
  readonly mirror: { readonly port: number; readonly url: string } | null
}

function addressesOf(env: Environment): Addresses {
  const hostname = env['HOST'] ?? '127.0.0.1'
  const port = portOf('PORT', env['PORT'] ?? '3000')
  const near = hostname === '0.0.0.0' ? '127.0.0.1' : hostname
  // Cookies know no ports: under another name both deployments keep their own sign-in in one browser.
  const name = near === '127.0.0.1' ? 'localhost' : near
  const own = env['MIRROR_PORT']
  const mirrorPort =
    own === undefined && port === 0 ? null : portOf('MIRROR_PORT', own ?? String(port + 1))
  return {
    hostname,
    port,
    url: `http://${near}:${port}`,
    mirror: port === 0 || mirrorPort === null ? null : mirrorAt(name, mirrorPort),
  }
}

const mirrorAt = (name: string, port: number) => ({ port, url: `http://${name}:${port}` })

function portOf(name: string, text: string): number {
  const port = Number(text)
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DefinitionError(`${name} is '${text}'; it must be a number from 0 to 65535.`)
}
