/** A switch, and a row of exclusive choices. */
import { type ReactNode, useId } from 'react'

export interface SwitchProps {
  readonly label: string
  readonly hint?: string
  readonly checked: boolean
  /** It keeps its place and focus but ignores presses. */
  readonly disabled?: boolean
  readonly onChange: (checked: boolean) => void
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps): ReactNode {
  const id = useId()
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={checked}
      aria-disabled={disabled}
      aria-labelledby={`${id}-label`}
      {...(hint ? { 'aria-describedby': `${id}-hint` } : {})}
      onClick={() => disabled !== true && onChange(!checked)}
    >
      <span className="switch__text">
        <span className="switch__label" id={`${id}-label`}>
          {label}
        </span>
        {hint && (
          <span className="switch__hint" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </span>
      <span className="switch__track" aria-hidden="true" />
    </button>
  )
}

export interface SegmentedProps<Value extends string> {
  readonly legend: string
  readonly value: Value
  readonly choices: readonly { readonly value: Value; readonly label: ReactNode }[]
  readonly onChange: (value: Value) => void
  /** What was chosen is on its way. */
  readonly busy?: boolean
}

export function Segmented<Value extends string>(props: SegmentedProps<Value>): ReactNode {
  const name = useId()
  return (
    <fieldset aria-busy={props.busy}>
      <legend className="sr-only">{props.legend}</legend>
      <div className="segmented">
        {props.choices.map((choice) => (
          <label key={choice.value} className="segmented__item">
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === props.value}
              onChange={() => props.onChange(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
