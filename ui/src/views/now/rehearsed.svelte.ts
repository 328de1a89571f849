/** When the outage that was rehearsed from this window ends, ms since the epoch; 0: none is on. */
export const rehearsed = $state({ until: 0 });
