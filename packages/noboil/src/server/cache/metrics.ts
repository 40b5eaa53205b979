/** What mirrors and streams count, as Prometheus reads it. */
import type { DeploymentStats } from './deployment.ts'

type Sample = readonly [labels: string, value: number]

export function mirrorMetrics({ mirrors, updates }: DeploymentStats): string {
  const each = (value: (target: (typeof mirrors.targets)[number]) => number): Sample[] =>
    mirrors.targets.map((target) => [`{mirror="${target.target}"}`, value(target)])
  return [
    metric('noboil_app_updates_total', 'counter', 'Updates told to browsers.', [['', updates]]),
    metric('noboil_mirror_applied_total', 'counter', 'Messages of other deployments applied.', [
      ['', mirrors.applied],
    ]),
    metric('noboil_mirror_repeated_total', 'counter', 'Messages that were known already.', [
      ['', mirrors.repeated],
    ]),
    metric(
      'noboil_mirror_delivered_total',
      'counter',
      'Messages a mirror has acknowledged.',
      each(({ delivered }) => delivered),
    ),
    metric(
      'noboil_mirror_failures_total',
      'counter',
      'Requests to a mirror that failed.',
      each(({ failures }) => failures),
    ),
    metric(
      'noboil_mirror_healed_total',
      'counter',
      'Messages that were lost and sent again.',
      each(({ healed }) => healed),
    ),
    metric(
      'noboil_mirror_pending',
      'gauge',
      'Types a mirror does not know of yet.',
      each(({ pending }) => pending),
    ),
    metric(
      'noboil_mirror_lag_seconds',
      'gauge',
      'How long the oldest of them has waited.',
      each(({ lagMs }) => lagMs / 1_000),
    ),
    metric(
      'noboil_mirror_up',
      'gauge',
      'Whether a mirror answers.',
      each(({ state }) => (state === 'ok' ? 1 : 0)),
    ),
  ].join('')
}

function metric(name: string, kind: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}
