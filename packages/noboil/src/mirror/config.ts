/** Which deployments are told, and as whom: checked when the app is made, so that a mistake is seen at start. */
import { DefinitionError } from '../errors/assert.ts'
import { defaultMirrorLimits } from './ports.ts'

export interface MirrorConfig {
  /** Where the other deployments are, as in `https://service.example`. */
  readonly targets: readonly string[]
  /** The account that signs in there; its role must be one that they accept. */
  readonly email: string
  readonly password: string
  /** Also targets on private addresses, and those by `http:` there. Default: false. */
  readonly allowPrivate?: boolean
  /** Passes on what other deployments tell this one. Default: false. */
  readonly relay?: boolean
  /** The longest wait before a mirror that is away is tried again, ms, at least 1,000. Default: 300,000. */
  readonly maxRetryMs?: number
}

/** A config that holds: targets are origins without a slash at the end. */
export type CheckedMirrors = Required<MirrorConfig>

type Environment = Readonly<Record<string, string | undefined>>

/**
 * `CACHE_MIRRORS` (addresses with commas between), `SERVICE_EMAIL` and `SERVICE_PASSWORD` (or `TEST_EMAIL` and `TEST_PASSWORD`),
 * `CACHE_MIRRORS_PRIVATE=1` and `CACHE_MIRRORS_RELAY=1`. Undefined: no mirrors are named.
 */
export function mirrorsFromEnv(env: Environment): MirrorConfig | undefined {
  const targets = (env['CACHE_MIRRORS'] ?? '').split(/[\s,]+/).filter((target) => target !== '')
  if (targets.length === 0) return undefined
  const own = env['SERVICE_EMAIL'] !== undefined || env['SERVICE_PASSWORD'] !== undefined
  const [email, password] = own
    ? [env['SERVICE_EMAIL'], env['SERVICE_PASSWORD']]
    : [env['TEST_EMAIL'], env['TEST_PASSWORD']]
  return {
    targets,
    email: email ?? '',
    password: password ?? '',
    allowPrivate: isOn(env['CACHE_MIRRORS_PRIVATE']),
    relay: isOn(env['CACHE_MIRRORS_RELAY']),
  }
}

/** Throws {@link DefinitionError} naming what is wrong and where to set it. */
export function checkMirrors(config: MirrorConfig): CheckedMirrors {
  const { email, password, allowPrivate = false, relay = false } = config
  const { minRetryMs, maxRetryMs: usual } = defaultMirrorLimits
  const { maxRetryMs = usual } = config
  if (config.targets.length > maxTargets) {
    throw new DefinitionError(
      `CACHE_MIRRORS names ${config.targets.length} mirrors; at most ${maxTargets} can be told.`,
    )
  }
  if (email === '' || password === '') {
    throw new DefinitionError(
      'Mirrors need an account to sign in with: set SERVICE_EMAIL and SERVICE_PASSWORD.',
    )
  }
  if (!Number.isSafeInteger(maxRetryMs) || maxRetryMs < minRetryMs || maxRetryMs > maxTimerMs) {
    throw new DefinitionError(
      `mirrors.maxRetryMs is ${maxRetryMs}; it must be a whole number of milliseconds from ${minRetryMs} to ${maxTimerMs}.`,
    )
  }
  const targets = config.targets.map((target) => originOf(target, allowPrivate))
  if (new Set(targets).size < targets.length) {
    throw new DefinitionError('CACHE_MIRRORS names a mirror twice.')
  }
  return { targets, email, password, allowPrivate, relay, maxRetryMs }
}

const maxTargets = 50
/** What a timer holds. */
const maxTimerMs = 0x7fffffff

function originOf(text: string, allowPrivate: boolean): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new DefinitionError(
      `CACHE_MIRRORS names '${text}', which is no address; it must be as in 'https://service.example'.`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new DefinitionError(
      `CACHE_MIRRORS names '${url.host}' with a password in the address; set SERVICE_EMAIL and SERVICE_PASSWORD instead.`,
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new DefinitionError(
      `CACHE_MIRRORS names '${text}'; name the deployment alone, as in '${url.origin}'.`,
    )
  }
  const isPrivate = isPrivateHost(url.hostname)
  if (isPrivate && !allowPrivate) {
    throw new DefinitionError(
      `CACHE_MIRRORS names '${text}', a private address. If that is meant, set CACHE_MIRRORS_PRIVATE=1.`,
    )
  }
  if (!isPrivate && url.protocol === 'http:') {
    throw new DefinitionError(
      `CACHE_MIRRORS names '${text}', where the password would travel in the open: use https.`,
    )
  }
  return url.origin
}

/** By the address itself or a name that never leaves a network; other names are taken at their word. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host.includes(':')) return isPrivateV6(host)
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateV4(host)
  return !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
}

function isPrivateV4(host: string): boolean {
  const [a = 0, b = 0] = host.split('.').map(Number)
  if (a === 0 || a === 10 || a === 127) return true
  if (a === 100) return b >= 64 && b < 128
  if (a === 169) return b === 254
  if (a === 172) return b >= 16 && b < 32
  return a === 192 && b === 168
}

function isPrivateV6(host: string): boolean {
  // A URL writes the address of the older kind inside one as two groups of hexadecimal digits.
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host)
  if (mapped !== null) {
    const [high, low] = mapped.slice(1).map((group) => Number.parseInt(group, 16)) as [
      number,
      number,
    ]
    return isPrivateV4(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`)
  }
  return host === '::' || host === '::1' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host)
}

const isOn = (text: string | undefined): boolean => text === '1' || text === 'true'
