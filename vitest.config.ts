import { availableParallelism } from 'node:os'
import { defineConfig, type TestProjectConfiguration, type ViteUserConfig } from 'vitest/config'
import { SUITES, type Suite } from './scripts/suites.ts'

if (!process.versions.node.startsWith('24.'))
  throw new Error(
    `Tests run on Node 24, this is ${process.version}: use npm test or npx vitest after npm install.`,
  )

const config: ViteUserConfig = defineConfig({ test: { projects: SUITES.map(project) } })

export default config

function project(suite: Suite): TestProjectConfiguration {
  const conditions = ['noboil-source']
  const timeoutMs = suite.timeoutMs ?? 10_000
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name: suite.name,
      include: [...suite.include],
      exclude: ['**/node_modules/**', '**/dist/**', '**/.cache/**'],
      environment: suite.environment ?? 'node',
      pool: 'forks',
      execArgv: conditions.map((condition) => `--conditions=${condition}`),
      maxWorkers: suite.serial ? 1 : availableParallelism(),
      // Vitest runs the files of group 0 last when there is one worker, so groups begin at 1.
      sequence: { groupOrder: 1 + (suite.phase ?? 0) },
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      restoreMocks: true,
      unstubGlobals: true,
      unstubEnvs: true,
    },
  }
}
