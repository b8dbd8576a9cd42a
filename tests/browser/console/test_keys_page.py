"""Keys in a browser: made and shown once, revoked after a word of what that does."""

from __future__ import annotations

from tests.browser.console.world import World


async def test_a_key_is_made_shown_once_and_revoked(console: World) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, "/console/keys")
        await somebody.page.fill("#name", "nightly report")
        await somebody.page.get_by_label("annen-butikk").check()
        await somebody.page.fill("#expires", "2031-05-17")
        await somebody.presses("Make the key")
        assert "The key nightly report is made" in await somebody.text()
        secret = await somebody.page.inner_text("#new-key")
        assert secret.startswith("gw_")
        await console.shot(somebody, "keys-made")
        await somebody.page.get_by_role("link", name="To the list of keys").click()
        row = somebody.page.locator("tr", has_text="nightly report")
        assert "annen-butikk" in await row.inner_text()
        assert "until 17 May 2031 23:59 CEST" in await row.inner_text()
        assert secret not in await somebody.page.content()
        async with console.client(secret) as holder:
            assert (await holder.get("/console/keys")).status_code == 403
            await row.locator("summary").click()
            assert "Whoever uses this key is refused from now on" in await row.inner_text()
            await row.get_by_role("button", name="Revoke the key").click()
            assert "The key is revoked" in await somebody.page.inner_text("[role=status]")
            assert "revoked" in await row.inner_text()
            assert str((await holder.get("/console/keys")).url).endswith("/console/login?next=%2Fconsole%2Fkeys")
        assert somebody.errors == []


async def test_what_is_wrong_with_a_key_is_said_and_what_was_typed_stays(console: World) -> None:
    async with console.person(scripts=False, locale="nb-NO") as somebody:
        await somebody.page.goto(f"{console.url}/console/keys")
        await somebody.page.fill("#name", "rapport")
        await somebody.page.fill("#addresses", "10.0.0.7/8")
        await somebody.presses("Lag nøkkelen")
        assert "'10.0.0.7/8' is no address and no range of addresses" in await somebody.text()
        assert await somebody.page.input_value("#name") == "rapport"
