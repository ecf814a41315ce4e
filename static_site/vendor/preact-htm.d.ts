// The part of preact and htm that the site uses; read by tsc only, the browser never asks for it.
export interface VNode { readonly props: object }
export type Child = VNode | VNode[] | string | number | boolean | null | undefined;

export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;
export function render(what: Child, where: Element): void;

export function useState<T>(initial: T | (() => T)): [T, (next: T | ((now: T) => T)) => void];
export function useEffect(run: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useRef<T>(initial: T): { current: T };
export function useId(): string;
export function useErrorBoundary(seen?: (error: unknown) => void): [unknown, () => void];
