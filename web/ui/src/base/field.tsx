/** Labelled inputs. The label, the hint and the error are tied to the control by id. */
import { CircleAlert } from 'lucide-react'
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react'

interface FieldTexts {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  /** Shows "used / limit" once three quarters of the limit are used. */
  readonly limit?: number
  /** For a control whose place already says what it is; the label is then for screen readers. */
  readonly labelHidden?: boolean
}

export interface TextFieldProps extends FieldTexts, InputHTMLAttributes<HTMLInputElement> {
  readonly ref?: Ref<HTMLInputElement>
}

export function TextField(props: TextFieldProps): ReactNode {
  const { label, hint, error, limit, labelHidden, ref, ...rest } = props
  return (
    <Field texts={{ label, hint, error, limit, labelHidden }} value={rest.value}>
      {(aria) => <input {...rest} {...aria} ref={ref} className="input" />}
    </Field>
  )
}

export interface TextAreaProps extends FieldTexts, TextareaHTMLAttributes<HTMLTextAreaElement> {
  readonly ref?: Ref<HTMLTextAreaElement>
}

export function TextArea(props: TextAreaProps): ReactNode {
  const { label, hint, error, limit, labelHidden, ref, ...rest } = props
  return (
    <Field texts={{ label, hint, error, limit, labelHidden }} value={rest.value}>
      {(aria) => <textarea {...rest} {...aria} ref={ref} className="input" />}
    </Field>
  )
}

export interface SelectProps extends FieldTexts, SelectHTMLAttributes<HTMLSelectElement> {}

export function Select(props: SelectProps): ReactNode {
  const { label, hint, error, limit, labelHidden, ...rest } = props
  return (
    <Field texts={{ label, hint, error, limit, labelHidden }} value={undefined}>
      {(aria) => <select {...rest} {...aria} className="input" />}
    </Field>
  )
}

interface AriaTies {
  readonly id: string
  readonly 'aria-invalid'?: true
  readonly 'aria-describedby'?: string
}

interface FieldProps {
  readonly texts: { readonly [K in keyof FieldTexts]-?: FieldTexts[K] | undefined }
  readonly value: unknown
  readonly children: (aria: AriaTies) => ReactNode
}

function Field({ texts, value, children }: FieldProps): ReactNode {
  const id = useId()
  const { label, hint, error, limit, labelHidden } = texts
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ')
  const used = typeof value === 'string' ? value.trim().length : 0
  return (
    <div className="field">
      <div className={labelHidden ? 'sr-only' : 'field__top'}>
        <label className="field__label" htmlFor={id}>
          {label}
        </label>
        {limit !== undefined && used > limit * 0.75 && (
          <span className="field__count">
            {used} / {limit}
          </span>
        )}
      </div>
      {children({
        id,
        ...(error ? { 'aria-invalid': true } : {}),
        ...(described ? { 'aria-describedby': described } : {}),
      })}
      {error && (
        <p className="field__error" id={`${id}-error`}>
          <CircleAlert size={14} aria-hidden="true" />
          {error}
        </p>
      )}
      {hint && (
        <p className="field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
