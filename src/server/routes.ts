import type { Context, Hono } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type * as z from "zod";
import { bodyOf, paramsOf, queryOf } from "./answers.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";

/** What is asked and answered at one path; the description of the API is made from it, and requests are checked with it. */
export interface RouteShape<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  /** In a few words, for the description of the API. */
  readonly summary: string;
  /** The family that it belongs to, such as `Conversations`. */
  readonly tag: string;
  readonly params?: Params;
  readonly query?: Query;
  /** JSON. An empty one counts as `{}`. */
  readonly body?: Body;
  /** Of the usual answer; 200 unless told. */
  readonly status?: StatusCode;
  /** What the usual answer holds. Answers are not checked with it. */
  readonly answer?: z.ZodType;
  /** Media type of a usual answer that is no JSON, such as `application/zip`. */
  readonly gives?: string;
  /** Media type of a body that is no JSON, and that the handler reads itself. */
  readonly takes?: string;
  /** Other answers than the usual one, 401 and 422. */
  readonly refuses?: readonly number[];
}

export interface Asked<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly c: Context;
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export interface ListedRoute extends RouteShape<z.ZodType, z.ZodType, z.ZodType> {
  readonly method: Method;
  /** Parameters as `:name`. */
  readonly path: string;
}

/** Makes routes of an app that check their requests by zod and are listed, so that they can be described (`/openapi.json`). */
export class Routes {
  readonly app: Hono;
  readonly #listed: ListedRoute[] = [];

  constructor(app: Hono) {
    this.app = app;
  }

  get listed(): readonly ListedRoute[] {
    return this.#listed;
  }

  /**
   * `answer` gives what is sent as JSON with the shape's status, or a whole Response. It throws a Refusal for every other status; a request that
   * does not fit is answered with 422 before.
   */
  add<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
    [method, path]: readonly [Method, string],
    shape: RouteShape<Params, Query, Body>,
    answer: (asked: Asked<Params, Query, Body>) => unknown,
  ): void {
    this.#listed.push({ ...shape, method, path });
    this.app[method](path, async (c) => {
      const asked = {
        c,
        params: shape.params && paramsOf(c, shape.params),
        query: shape.query && queryOf(c, shape.query),
        body: shape.body && (await bodyOf(c, shape.body)),
        signal: c.req.raw.signal,
      };
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Where there is no schema, nothing was promised.
      const answered = await answer(asked as Asked<Params, Query, Body>);
      if (answered instanceof Response) return answered;
      if (shape.status === 204) return c.body(null, 204);
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Of those without content, 204 is the only one that a route answers with.
      return c.json(answered ?? null, (shape.status ?? 200) as ContentfulStatusCode);
    });
  }
}
