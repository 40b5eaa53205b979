import type { App } from './app.ts'
import type { ModuleExport, ModuleSchema } from './sdk.ts'

export function ownRowViews(_app: App, _module: ModuleSchema): Record<string, ModuleExport> {
  return {}
}
