/** What posters show: one drawing per kind of film, on a sheet of 200 by 300 whose lower third belongs to the words. */
import type { ReactNode } from 'react'

/** Numbers from 0 up to 1, the same ones for the same film. */
export type Random = () => number

/** The first genre that has a drawing decides; chance chooses for films without one. */
export function drawMotif(genres: readonly string[], random: Random): ReactNode {
  const share = random()
  const drawn = genres.find((genre) => Object.hasOwn(byGenre, genre))
  const known = drawn === undefined ? undefined : byGenre[drawn]
  const draw = known ?? all[Math.floor(share * all.length)] ?? arcs
  return draw(random)
}

type Motif = (random: Random) => ReactNode

const ink = 'var(--ink)'
const light = 'var(--light)'
const between = (random: Random, from: number, to: number): number =>
  Math.round(from + random() * (to - from))
const steps = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at)

function orbits(random: Random): ReactNode {
  const x = between(random, 60, 140)
  const y = between(random, 80, 120)
  const count = between(random, 4, 7)
  return (
    <>
      {steps(count).map((at) => (
        <circle
          key={at}
          cx={x}
          cy={y}
          r={22 + at * 20}
          fill="none"
          stroke={ink}
          strokeWidth={at % 2 ? 1.5 : 5}
        />
      ))}
      <circle cx={x} cy={y} r={14} fill={light} />
      <circle cx={x + 42} cy={y - 46} r={5} fill={light} />
    </>
  )
}

function sunset(random: Random): ReactNode {
  const y = between(random, 110, 150)
  const ridge = steps(6).map((at) => `L${at * 40} ${y + between(random, -26, 18)}`)
  return (
    <>
      <circle cx={between(random, 60, 140)} cy={y - 24} r={between(random, 34, 52)} fill={light} />
      <path d={`M0 300 L0 ${y} ${ridge.join(' ')} L200 300Z`} fill={ink} />
    </>
  )
}

function shards(random: Random): ReactNode {
  const x = between(random, 70, 130)
  return (
    <>
      {steps(9).map((at) => {
        const from = at * 22 - 10
        return (
          <path
            key={at}
            d={`M${x} 150 L${from} -10 L${from + between(random, 8, 16)} -10Z`}
            fill={ink}
          />
        )
      })}
      <circle cx={x} cy={138} r={18} fill={light} />
      <circle cx={x} cy={138} r={6} fill="var(--ground)" />
    </>
  )
}

function pair(random: Random): ReactNode {
  const r = between(random, 46, 60)
  const apart = between(random, 22, 34)
  const y = between(random, 95, 120)
  return (
    <>
      <circle cx={100 - apart} cy={y} r={r} fill={ink} />
      <circle
        cx={100 + apart}
        cy={y}
        r={r}
        fill={light}
        style={{ mixBlendMode: 'screen' }}
        opacity={0.86}
      />
    </>
  )
}

function blinds(random: Random): ReactNode {
  const tilt = between(random, -16, 16)
  const figure = between(random, 50, 130)
  return (
    <>
      <g transform={`rotate(${tilt} 100 100)`}>
        {steps(11).map((at) => (
          <rect key={at} x={-60} y={at * 20 - 30} width={320} height={9} fill={ink} />
        ))}
      </g>
      <path
        d={`M${figure} 210 v-74 a18 18 0 1 1 30 0 v74Z`}
        fill="var(--ground)"
        stroke={light}
        strokeWidth="3"
      />
    </>
  )
}

function confetti(random: Random): ReactNode {
  return (
    <>
      {steps(26).map((at) => {
        const r = between(random, 4, 17)
        return (
          <circle
            key={at}
            cx={between(random, 0, 200)}
            cy={between(random, 0, 190)}
            r={r}
            fill={at % 4 === 0 ? light : ink}
          />
        )
      })}
    </>
  )
}

function peaks(random: Random): ReactNode {
  return (
    <>
      <circle cx={between(random, 40, 160)} cy={52} r={20} fill={light} />
      {steps(4).map((at) => {
        const x = at * 55 + between(random, -20, 20)
        const top = between(random, 62, 128)
        return (
          <g key={at}>
            <path
              d={`M${x - 70} 300 L${x} ${top} L${x + 70} 300Z`}
              fill={ink}
              opacity={0.55 + at * 0.15}
            />
            <path d={`M${x} ${top} l-9 21 l9 -6 l9 6Z`} fill={light} />
          </g>
        )
      })}
    </>
  )
}

function burst(random: Random): ReactNode {
  const turn = between(random, 0, 20)
  return (
    <g transform={`rotate(${turn} 100 110)`}>
      {steps(18).map((at) => (
        <path
          key={at}
          d="M100 110 L93 -120 L107 -120Z"
          fill={at % 3 === 0 ? light : ink}
          transform={`rotate(${at * 20} 100 110)`}
        />
      ))}
      <circle cx={100} cy={110} r={between(random, 24, 38)} fill="var(--ground)" />
      <circle cx={100} cy={110} r={9} fill={light} />
    </g>
  )
}

function stairs(random: Random): ReactNode {
  const flip = random() < 0.5
  return (
    <g transform={flip ? 'translate(200 0) scale(-1 1)' : undefined}>
      {steps(8).map((at) => (
        <rect
          key={at}
          x={at * 25}
          y={178 - at * 22}
          width={26}
          height={300}
          fill={ink}
          opacity={0.45 + at * 0.07}
        />
      ))}
      <path
        d="M162 24 v-14 M162 24 l-7 16 M162 24 l7 16"
        stroke={light}
        strokeWidth="5"
        strokeLinecap="round"
        transform="translate(14 -6)"
      />
      <circle cx={176} cy={0} r={6} fill={light} />
    </g>
  )
}

function frames(random: Random): ReactNode {
  const lit = between(random, 0, 11)
  return (
    <>
      {steps(12).map((at) => (
        <rect
          key={at}
          x={18 + (at % 3) * 56}
          y={20 + Math.floor(at / 3) * 44}
          width={50}
          height={36}
          rx={3}
          fill={at === lit ? light : ink}
          opacity={at === lit ? 1 : 0.4 + ((at * 7) % 5) * 0.12}
        />
      ))}
    </>
  )
}

function waves(random: Random): ReactNode {
  const bend = between(random, 14, 34)
  return (
    <>
      {steps(10).map((at) => (
        <path
          key={at}
          d={`M-10 ${30 + at * 17} q 55 ${-bend} 110 0 t 110 0`}
          fill="none"
          stroke={at === 4 ? light : ink}
          strokeWidth={at === 4 ? 6 : 3.5}
        />
      ))}
    </>
  )
}

function night(random: Random): ReactNode {
  const x = between(random, 60, 140)
  return (
    <>
      <circle cx={x} cy={92} r={50} fill={light} />
      <circle cx={x + between(random, 14, 26)} cy={82} r={46} fill="var(--ground)" />
      {steps(14).map((at) => (
        <circle
          key={at}
          cx={between(random, 6, 194)}
          cy={between(random, 8, 190)}
          r={at % 3 ? 1.4 : 2.6}
          fill={ink}
        />
      ))}
      <path d={`M0 210 q 50 -34 100 -8 t 100 -6 V300 H0Z`} fill={ink} />
    </>
  )
}

function arcs(random: Random): ReactNode {
  const left = random() < 0.5
  return (
    <g transform={left ? undefined : 'translate(200 0) scale(-1 1)'}>
      {steps(5).map((at) => (
        <path
          key={at}
          d={`M${at * 34} 196 A ${170 - at * 34} ${170 - at * 34} 0 0 1 170 ${26 + at * 34} V196Z`}
          fill={at % 2 ? 'var(--ground)' : ink}
          opacity={at === 4 ? 0 : 1}
        />
      ))}
      <circle cx={150} cy={168} r={between(random, 14, 24)} fill={light} />
    </g>
  )
}

function litWindow(random: Random): ReactNode {
  const x = between(random, 34, 96)
  return (
    <>
      <rect x={x} y={34} width={74} height={120} fill={light} />
      <path d={`M${x + 37} 34 V154 M${x} 92 H${x + 74}`} stroke="var(--ground)" strokeWidth="5" />
      <path d={`M${x} 154 L${x - 44} 226 H${x + 118} L${x + 74} 154Z`} fill={ink} />
    </>
  )
}

const byGenre: Readonly<Record<string, Motif>> = {
  'Science Fiction': orbits,
  Western: sunset,
  Horror: shards,
  Romance: pair,
  Crime: blinds,
  Comedy: confetti,
  Adventure: peaks,
  Action: burst,
  Thriller: stairs,
  Documentary: frames,
  Music: waves,
  Fantasy: night,
  Animation: night,
  Family: confetti,
  Mystery: litWindow,
  History: stairs,
  War: burst,
}

const all: readonly Motif[] = [arcs, litWindow, pair, stairs, waves, frames]
