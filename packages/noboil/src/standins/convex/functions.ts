/**
 * The app's functions as the stand-in runs them: those that clients may call apart from those they may not, and every answer
 * checked before anything is committed.
 */
import { checkPassed } from './limits.ts'
import { inFunction } from './syscalls.ts'
import { mismatch, type ValidatorJson } from './validator.ts'

/** Modules by path, as `import.meta.glob('./convex/**\/*.*s')` gives them. */
export type Modules = Readonly<Record<string, () => Promise<unknown>>>

export type FunctionKind = 'query' | 'mutation' | 'action'

/** What Convex's builders make: a function with marks on it. */
interface RegisteredFunction {
  (...args: readonly unknown[]): unknown
  readonly isQuery?: true
  readonly isMutation?: true
  readonly isAction?: true
  readonly isHttp?: true
  readonly isPublic?: true
  exportArgs(): string
  exportReturns(): string
  readonly _handler: Handler
}

type Handler = (ctx: unknown, args: unknown) => unknown

/** The same modules, with every function in them checked. */
export function guardModules(modules: Modules): Modules {
  return Object.fromEntries(
    Object.entries(modules).map(([path, load]) => {
      let guarded: Promise<unknown> | undefined
      return [path, () => (guarded ??= load().then((module) => guardModule(path, module)))]
    }),
  )
}

function guardModule(path: string, module: unknown): unknown {
  if (typeof module !== 'object' || module === null) return module
  const name = path.replace(/\.[^./]+$/, '')
  return Object.fromEntries(
    Object.entries(module).map(([key, value]) => [
      key,
      isRegistered(value) ? guard(`${name}:${key}`, value) : value,
    ]),
  )
}

/** Finds a function that clients may call, or says why there is none. */
export async function publicFunction(
  modules: Modules,
  udfPath: string,
  kind: FunctionKind,
): Promise<void> {
  const [modulePath = '', name = 'default'] = udfPath.split(':')
  const root = rootOf(modules)
  const load = Object.entries(modules).find(
    ([path]) => path.replace(/\.[^./]+$/, '') === `${root}${modulePath.replace(/\.js$/, '')}`,
  )?.[1]
  const module = (await load?.()) as Readonly<Record<string, unknown>> | undefined
  const found = module && Object.hasOwn(module, name) ? module[name] : undefined
  if (!isRegistered(found) || found.isPublic !== true) {
    throw new Error(
      `Could not find public function for '${udfPath}': the app exports no public ${kind} of that name.`,
    )
  }
  const actual = kindOf(found)
  if (actual !== kind) throw new Error(`'${udfPath}' is ${actual ?? 'no function'}, not ${kind}.`)
}

/** What stands before the modules' own paths: where `_generated` is, as convex-test finds it. */
export function rootOf(modules: Modules): string {
  const generated = Object.keys(modules).find((path) => path.includes('_generated'))
  return generated?.split('_generated', 1)[0] ?? ''
}

function guard(path: string, fn: RegisteredFunction): RegisteredFunction {
  const kind = kindOf(fn)
  if (kind === undefined || typeof fn._handler !== 'function') return fn
  const args = JSON.parse(fn.exportArgs()) as ValidatorJson
  const returns = JSON.parse(fn.exportReturns()) as ValidatorJson | null
  const handler: Handler = async (ctx, given) => {
    const wrong = mismatch(args, given, 'args')
    if (wrong !== undefined) throw new Error(`Arguments of ${path} are invalid: ${wrong}`)
    checkPassed(`The arguments of ${path}`, given)
    const result = (await inFunction(async () => fn._handler(ctx, given))) ?? null
    // convex-test looks at the answer of a mutation when it is committed; a deployment rolls back.
    const off = returns === null ? undefined : mismatch(returns, result, 'result')
    if (off !== undefined) throw new Error(`The answer of ${path} is invalid: ${off}`)
    checkPassed(`The answer of ${path}`, result)
    return result
  }
  const call = (...given: readonly unknown[]): unknown => fn(...given)
  return Object.assign(call, fn, { _handler: handler })
}

function kindOf(fn: RegisteredFunction): FunctionKind | undefined {
  if (fn.isQuery) return 'query'
  if (fn.isMutation) return 'mutation'
  return fn.isAction ? 'action' : undefined
}

const isRegistered = (value: unknown): value is RegisteredFunction =>
  typeof value === 'function' && 'exportArgs' in value && typeof value.exportArgs === 'function'
