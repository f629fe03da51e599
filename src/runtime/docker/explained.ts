import { RuntimeError } from "../runtime.ts";

/**
 * The same object, whose methods that fail because the sandbox is gone reject with what `why` resolves to: a broken connection is what they
 * see, and not its reason.
 */
export function explained<T extends object>(target: T, why: () => Promise<RuntimeError | undefined>): T {
  const explain = async (error: unknown): Promise<never> => {
    const isBroken = error instanceof RuntimeError && (error.code === "unreachable" || error.code === "closed");
    throw (isBroken ? await why() : undefined) ?? error;
  };
  return new Proxy(target, {
    get: (_, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof Promise ? result.catch(explain) : result;
      };
    },
  });
}
