/** Evaluating a bundled module: a V8 context of its own, with ECMAScript and what SpacetimeDB adds to it. */
import vm from 'node:vm'
import { DefinitionError } from '../../../errors/assert.ts'
import type { ModuleBundle } from '../bundle.ts'
import type { AbiError } from '../datastore/errors.ts'
import { type ModuleDefinition, readDefinition } from '../definition.ts'
import { validateDefinition } from '../validate.ts'
import { createSyscalls, MODULE_HOOKS, type SyscallPorts, type Syscalls } from './syscalls.ts'

/** What `spacetimedb/server` answers its host with. */
export interface ModuleHooks {
  __describe_module__(): Uint8Array
  __get_error_constructor__(code: number): new (message: string) => Error
  readonly __sender_error_class__: new (message: string) => Error
  __call_reducer__(
    id: number,
    sender: bigint,
    connectionId: bigint,
    timestamp: bigint,
    args: DataView,
  ): void
  __call_view__(id: number, sender: bigint, args: Uint8Array): { readonly data: Uint8Array }
  __call_view_anon__(id: number, args: Uint8Array): { readonly data: Uint8Array }
  __call_procedure__(
    id: number,
    sender: bigint,
    connectionId: bigint,
    timestamp: bigint,
    args: Uint8Array,
  ): Uint8Array
}

export interface LoadedModule {
  readonly hooks: ModuleHooks
  /** The same object for every host of a bundle. */
  readonly definition: ModuleDefinition
}

/**
 * Loads the module into a context of its own: nothing of it is shared with another host of the same bundle.
 *
 * @throws {DefinitionError} when it does not evaluate there, or when publishing would refuse its definition.
 */
export function loadModule(bundle: ModuleBundle, ports: SyscallPorts): LoadedModule {
  let hooks: ModuleHooks | undefined
  const raise = (error: AbiError): Error => {
    const constructor = hooks?.__get_error_constructor__(error.code)
    return constructor === undefined ? error : new constructor(error.message)
  }
  const { sys20, sys21 } = createSyscalls(ports, raise)
  try {
    const context = vm.createContext(vm.constants.DONT_CONTEXTIFY)
    installBuiltins(context)
    const evaluate = scriptOf(bundle).runInContext(context) as Evaluate
    const module = evaluate(sys20, sys21)
    hooks = hooksOf(module)
    return { hooks, definition: definitionOf(bundle, module, hooks) }
  } catch (error) {
    throw new DefinitionError(`The module ${bundle.entry} cannot be published: ${messageOf(error)}`)
  }
}

type Evaluate = (sys20: Syscalls, sys21: Syscalls) => Readonly<Record<string, unknown>>

const SCRIPTS = new WeakMap<ModuleBundle, vm.Script>()

function scriptOf(bundle: ModuleBundle): vm.Script {
  const known = SCRIPTS.get(bundle)
  if (known !== undefined) return known
  const script = new vm.Script(bundle.code, { filename: `${bundle.entry}.bundle.js` })
  SCRIPTS.set(bundle, script)
  return script
}

const DEFINITIONS = new WeakMap<ModuleBundle, ModuleDefinition>()

/**
 * Described, read and checked once for a bundle, since it is the same every time. And the SDK keeps every type that it has made a
 * decoder of, with the context it came from: so it must not be shown those of every host.
 */
function definitionOf(
  bundle: ModuleBundle,
  module: Readonly<Record<string, unknown>>,
  hooks: ModuleHooks,
): ModuleDefinition {
  const known = DEFINITIONS.get(bundle)
  if (known !== undefined) return known
  hooks.__describe_module__()
  const { moduleDef } = module['default'] as { readonly moduleDef: unknown }
  const definition = readDefinition(moduleDef)
  validateDefinition(definition)
  DEFINITIONS.set(bundle, definition)
  return definition
}

function hooksOf(module: Readonly<Record<string, unknown>>): ModuleHooks {
  const schema = module['default']
  const hooks =
    typeof schema === 'object' && schema !== null && MODULE_HOOKS in schema
      ? schema[MODULE_HOOKS]
      : undefined
  if (typeof hooks !== 'function')
    throw new DefinitionError(
      'its default export must be what schema() of spacetimedb/server returns',
    )
  return hooks.call(schema, module) as ModuleHooks
}

/**
 * What SpacetimeDB's V8 has beside ECMAScript, and what it takes away. It runs inside the context, so that what a module
 * gets from it is of the module's own realm.
 */
const BUILTINS = new vm.Script(
  `(function (encode, decode) {
    // Crossing over to Node costs more than a short text in ASCII.
    const SHORT = 200
    globalThis.TextEncoder = class TextEncoder {
      get encoding() { return 'utf-8' }
      encode(text = '') {
        const given = String(text)
        const bytes = new Uint8Array(given.length)
        for (let at = 0; at < given.length; at++) {
          const code = given.charCodeAt(at)
          if (code > 127 || at === SHORT) return new Uint8Array(encode(given))
          bytes[at] = code
        }
        return bytes
      }
    }
    globalThis.TextDecoder = class TextDecoder {
      #fatal
      constructor(label = 'utf-8', options = {}) {
        if (label !== 'utf-8') throw new RangeError('The encoding label provided is invalid')
        if (options.ignoreBOM) throw new TypeError("Option 'ignoreBOM' not supported")
        this.#fatal = Boolean(options.fatal)
      }
      get encoding() { return 'utf-8' }
      get fatal() { return this.#fatal }
      get ignoreBOM() { return false }
      decode(bytes, options = {}) {
        if (options.stream) throw new TypeError("Option 'stream' not supported")
        if (bytes instanceof Uint8Array && bytes.length <= SHORT && bytes.every((byte) => byte < 128))
          return String.fromCharCode(...bytes)
        const text = decode(bytes, this.#fatal)
        if (text === undefined) throw new TypeError('The encoded data was not valid utf-8')
        return text
      }
    }
    Object.defineProperty(Math, 'random', {
      configurable: true,
      get() {
        throw new TypeError('Math.random is not available in SpacetimeDB modules. Use ctx.random instead.')
      },
    })
  })`,
  { filename: 'spacetimedb-builtins.js' },
)

type InstallBuiltins = (
  encode: (text: string) => Uint8Array,
  decode: (bytes: ArrayBuffer | ArrayBufferView | undefined, fatal: boolean) => string | undefined,
) => void

function installBuiltins(context: vm.Context): void {
  const install = BUILTINS.runInContext(context) as InstallBuiltins
  const encoder = new TextEncoder()
  const decoders = { strict: new TextDecoder('utf-8', { fatal: true }), loose: new TextDecoder() }
  install(
    (text) => encoder.encode(text),
    (bytes, fatal) => {
      try {
        return decoders[fatal ? 'strict' : 'loose'].decode(bytes)
      } catch {
        return undefined
      }
    },
  )
}

/** Errors of a module are of another realm, where \`instanceof Error\` does not see them. */
export function messageOf(error: unknown): string {
  const isObject = typeof error === 'object' && error !== null
  return isObject && 'message' in error ? String(error.message) : String(error)
}
