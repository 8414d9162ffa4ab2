// What a material may be. Apart from its inspection, whose libraries only worker threads load.

export const mediaTypes = ['image/jpeg', 'image/png', 'application/pdf'] as const;
export type MediaType = (typeof mediaTypes)[number];
