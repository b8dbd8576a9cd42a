"""How 24SevenOffice's messages look: XML, element tables, envelopes, times."""
