import * as z from "zod";

// Because the page's policy forbids eval: schemas made after this line do not try it.
z.config({ jitless: true });
