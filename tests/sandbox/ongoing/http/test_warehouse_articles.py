"""Articles: written by number or id, read back in the vendor's shape."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Build, Site, refused

FULL: dict[str, Any] = {
    "goodsOwnerId": 77,
    "articleNumber": "TEE-NAVY-M",
    "articleName": "T-shirt navy, medium",
    "productCode": "9001-17",
    "unitCode": "st",
    "description": "Cotton",
    "isStockArticle": True,
    "isActive": True,
    "barCodeInfo": {
        "barCode": "7038010000010",
        "barCodePackage": "7038010000027",
        "barCodePallet": None,
        "alternativeBarCodes": [{"barCode": "X1", "quantityPerBarCode": 6, "barCodeType": {"code": "INNER", "name": "Inner"}}],
    },
    "weight": 0.21,
    "netWeight": 0.2,
    "length": 0.3,
    "width": 0.2,
    "height": 0.02,
    "volume": 0.0012,
    "quantityPerPackage": 10,
    "quantityPerPallet": 400,
    "quantityPerLayerOnPallet": 40,
    "subQuantityPerItem": 1,
    "purchasePrice": 48.5,
    "stockValuationPrice": 50,
    "customerPrice": 249,
    "purcaseCurrencyCode": "NOK",
    "countryOfOriginCode": "PT",
    "statisticsNumber": "61091000",
    "additionalStatisticsNumber": "10",
    "customsDescription": "T-shirt",
    "customsExportConditions": "None",
    "taricNumbersInfo": {"taricNumbers": [{"countryCode": "NO", "taricNumber": "6109100090"}]},
    "articleGroup": {"code": "TEE", "name": "T-shirts"},
    "articleCategory": {"code": "CL", "name": "Clothes"},
    "articleColor": {"code": "NAVY", "name": "Navy"},
    "articleSize": {"code": "M", "name": "Medium"},
    "articleClassesInfo": {"classes": [{"code": "FRAGILE", "name": "Fragile", "comment": "x"}]},
    "storageClass": {"name": "Dry"},
    "storageProperties": {
        "isObsolete": False,
        "isSerialNumberArticle": False,
        "isBatchArticle": True,
        "isExpiryDateArticle": None,
    },
    "minDaysToExpiryDateAllowedOnDelivery": 30,
    "stockLimit": 5,
    "minimumReorderQuantity": 50,
    "supplierInfo": {
        "supplierNumber": "S-4",
        "supplierName": "Textil Lda",
        "supplierArticleNumber": "T-1",
        "advanced": {
            "supplierAddress": {"name": "Textil", "telePhone": "1", "notifyBySMS": False, "countryCode": "PT"},
            "manufacturersIdentificationCode": "MID",
        },
    },
    "alternativeSuppliersInfo": {"alternativeSuppliers": [{"supplierNumber": "S-5", "leadTime": 14, "advanced": None}]},
    "articleNameTranslations": [{"languageCode": "en", "articleName": "T-shirt"}],
    "linkToPicture": "https://shop.example.test/tee.jpg",
    "structureDefinition": {"articleKind": "Structure", "rows": [{"articleNumber": "PART", "numberOfItems": 2}]},
    "freeValues": {"freeText1": "SS27", "freeDecimal1": 1.5, "freeBoolean1": True, "freeDateTime1": "2027-01-01T00:00:00Z"},
    "articleInboundHandlingComment": "in",
    "articlePickingHandlingComment": "pick",
    "articlePackingHandlingComment": "pack",
    "articleReturnHandlingComment": "return",
    "advanced": {"allowChangingProductionAndStructureArticlesToStockOrNonStockArticles": False},
}
READ_MEMBERS = {
    "goodsOwner", "articleSystemId", "articleNumber", "articleName", "productCode", "unitCode", "description", "isStockArticle",
    "isActive", "supplierInfo", "barCodeInfo", "quantityPerPackage", "quantityPerPallet", "weight", "length", "width", "height",
    "volume", "purchasePrice", "stockValuationPrice", "customerPrice", "purcaseCurrencyCode", "countryOfOriginCode",
    "statisticsNumber", "articleGroup", "articleCategory", "inventoryInfo", "articleDataLastUpdated", "articleKind", "stockLimit",
    "minimumReorderQuantity", "netWeight", "freeValues", "subQuantityPerItem", "classes", "customsDescription",
    "taricNumbersInfo", "defaultLocationMaxNumberOfItems", "defaultLocationStockLimit", "linkToPicture", "storageProperties",
    "defaultLocation", "minDaysToExpiryDateAllowedOnDelivery", "articleColor", "articleSize", "additionalStatisticsNumber",
    "customsExportConditions", "articleNameTranslations", "articleHandlingComments", "storageClass",
}  # fmt: skip


async def test_an_article_is_created_and_then_updated_under_the_same_id(site: Site) -> None:
    first = await site.put_article(articleNumber="TEE", articleName="Tee")
    second = await site.put_article(articleNumber="TEE", articleName="Tee, blue")
    assert (first.status_code, first.json()) == (200, {"articleSystemId": 18001, "message": "The article TEE was created."})
    assert (second.status_code, second.json()) == (200, {"articleSystemId": 18001, "message": "The article TEE was updated."})
    assert (await site.read_article("TEE"))["articleName"] == "Tee, blue"


async def test_every_writable_field_is_taken_and_what_the_read_model_has_comes_back(site: Site) -> None:
    answer = await site.api.put("/articles", json=FULL)
    assert answer.json() == {
        "articleSystemId": 18001,
        "message": "The article TEE-NAVY-M was created.<br/>Supplier S-4 was created.",
    }
    article = await site.read_article("TEE-NAVY-M")
    assert set(article) == READ_MEMBERS
    renamed = {
        "goodsOwnerId", "quantityPerLayerOnPallet", "articleClassesInfo", "storageProperties", "supplierInfo",
        "alternativeSuppliersInfo", "structureDefinition", "freeValues", "articleInboundHandlingComment",
        "articlePickingHandlingComment", "articlePackingHandlingComment", "articleReturnHandlingComment", "advanced",
    }  # fmt: skip
    assert {name: article[name] for name in FULL if name not in renamed} == {n: v for n, v in FULL.items() if n not in renamed}
    assert article["goodsOwner"] == {"id": 77, "name": "Goods owner 77"}
    assert article["articleKind"] == "Structure"
    assert article["articleDataLastUpdated"] == "2027-02-01T08:00:00Z"
    assert article["classes"] == [{"id": 1, "code": "FRAGILE", "name": "Fragile"}]
    assert article["storageProperties"] == {
        "isObsolete": False,
        "isSerialNumberArticle": False,
        "isBatchArticle": True,
        "isExpiryDateArticle": False,
    }
    assert article["supplierInfo"] == {
        "supplierArticleNumber": "T-1",
        "supplierNumber": "S-4",
        "supplierName": "Textil Lda",
        "alternativeSuppliers": [{"supplierArticleNumber": None, "supplierNumber": "S-5", "supplierName": None, "leadTime": 14}],
    }
    assert article["articleHandlingComments"] == {
        "articleInboundHandlingComment": "in",
        "articlePickingHandlingComment": "pick",
        "articleReturnHandlingComment": "return",
    }
    free = article["freeValues"]
    assert (free["freeText1"], free["freeDecimal1"], free["freeBoolean1"], free["freeBoolean2"]) == ("SS27", 1.5, True, False)


async def test_what_is_not_there_reads_as_null(site: Site) -> None:
    await site.put_article(articleNumber="BARE")
    article = await site.read_article("BARE")
    assert set(article) == READ_MEMBERS
    given = {"goodsOwner", "articleSystemId", "articleNumber", "inventoryInfo", "articleDataLastUpdated"}
    assert {name for name, value in article.items() if value is not None} == given


async def test_a_thin_put_blanks_what_it_leaves_out(site: Site) -> None:
    await site.put_article(articleNumber="TEE", articleName="Tee", barCodeInfo={"barCode": "703"})
    await site.put_article(articleNumber="TEE", weight=0.2)
    article = await site.read_article("TEE")
    assert (article["articleName"], article["barCodeInfo"], article["weight"]) == (None, None, 0.2)


async def test_a_thin_put_keeps_what_it_leaves_out_where_the_warehouse_is_set_so(build: Build) -> None:
    site = build(put_clears_missing=False)
    await site.put_article(articleNumber="TEE", articleName="Tee", unitCode="st")
    await site.put_article(articleNumber="TEE", weight=0.2, unitCode=None)
    article = await site.read_article("TEE")
    assert (article["articleName"], article["unitCode"], article["weight"]) == ("Tee", None, 0.2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"articleName": "No number"}, "articleNumber: Field required"),
        ({"articleNumber": ""}, "articleNumber: String should have at least 1 character"),
        ({"articleNumber": "A" * 101}, "articleNumber: String should have at most 100 characters"),
        ({"articleNumber": "A", "articleName": "N" * 201}, "articleName: String should have at most 200 characters"),
        ({"articleNumber": "A", "purchaseCurrencyCode": "NOK"}, "purchaseCurrencyCode: unknown field"),
        ({"articleNumber": "A", "article_name": "x"}, "article_name: unknown field"),
        ({"articleNumber": "A", "barCodeInfo": {"barcode": "1"}}, "barCodeInfo.barcode: unknown field"),
        ({"articleNumber": "A", "weight": "0.2"}, "weight: Input should be a valid number"),
        ({"articleNumber": "A", "weight": True}, "weight: Input should be a valid number"),
        ({"articleNumber": "A", "quantityPerPackage": 1.5}, "quantityPerPackage: Input should be a valid integer"),
        ({"articleNumber": "A", "quantityPerPackage": 2**31}, "quantityPerPackage: Input should be less than"),
        ({"articleNumber": "A", "isActive": "true"}, "isActive: Input should be a valid boolean"),
        ({"articleNumber": 17}, "articleNumber: Input should be a valid string"),
        ({"articleNumber": "A", "storageClass": {}}, "storageClass.name: Field required"),
        (
            {"articleNumber": "A", "structureDefinition": {"articleKind": "Kit"}},
            "structureDefinition.articleKind: Input should be 'Structure' or 'Production'",
        ),
        (
            {"articleNumber": "A", "taricNumbersInfo": {"taricNumbers": [{"countryCode": "NO"}]}},
            "taricNumbersInfo.taricNumbers[0].taricNumber: Field required",
        ),
        ({"articleNumber": "50%"}, "articleNumber: '50%' contains one of the characters ! % _ ^ \\"),
    ],
)
async def test_a_wrong_article_is_refused_with_the_place_named(site: Site, fields: dict[str, Any], words: str) -> None:
    assert words in refused(await site.put_article(**fields))
    assert site.warehouse.articles == {}


async def test_every_wrong_place_is_named_at_once(site: Site) -> None:
    message = refused(await site.put_article(weight="1", colour="red"))
    assert message == (
        "The request is invalid. articleNumber: Field required; weight: Input should be a valid number; colour: unknown field"
    )


async def test_wildcards_in_article_numbers_are_taken_where_the_warehouse_is_set_so(build: Build) -> None:
    assert (await build(refuse_wildcards=False).put_article(articleNumber="50%")).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]"])
async def test_a_body_that_is_no_json_object_is_refused(site: Site, content: bytes) -> None:
    answer = await site.api.put("/articles", content=content, headers={"Content-Type": "application/json"})
    assert refused(answer).startswith("The request is invalid. body: ")


async def test_a_body_that_does_not_say_it_is_json_is_refused(site: Site) -> None:
    answer = await site.api.put("/articles", content=b'{"goodsOwnerId": 77, "articleNumber": "A"}')
    refused(answer, 415)
    assert (await site.api.put("/articles", content=b'{"goodsOwnerId": 77, "articleNumber": "A"}',
                               headers={"Content-Type": "application/json; charset=utf-8"})).status_code == 200  # fmt: skip


async def test_an_article_is_updated_and_renamed_by_its_id(site: Site) -> None:
    await site.put_article(articleNumber="A")
    await site.put_article(articleNumber="B")
    answer = await site.api.put("/articles/18001", json={"goodsOwnerId": 77, "articleNumber": "C", "articleName": "New"})
    assert answer.json() == {"articleSystemId": 18001, "message": "The article C was updated."}
    assert await site.article_numbers() == ["C", "B"]
    assert (await site.api.get("/articles/18001")).json()["articleName"] == "New"

    taken = await site.api.put("/articles/18001", json={"goodsOwnerId": 77, "articleNumber": "B"})
    assert refused(taken) == "There is already another article with the number B."
    moved = await site.api.put("/articles/18001", json={"goodsOwnerId": 78, "articleNumber": "C"})
    assert "does not belong to goods owner 78" in refused(moved)
    refused(await site.api.put("/articles/1", json={"goodsOwnerId": 77, "articleNumber": "C"}), 404)


async def test_a_kit_says_what_it_is_made_of(site: Site) -> None:
    await site.put_article(articleNumber="A")
    parts = [{"articleNumber": "A", "numberOfItems": 2}, {"articleNumber": "X", "numberOfItems": 1}]
    await site.put_article(articleNumber="KIT", structureDefinition={"articleKind": "Structure", "rows": parts})
    shown = {
        **{"articleSystemId": 18002, "articleNumber": "KIT", "articleKind": "Structure"},
        "rows": [{"articleSystemId": 18001, **parts[0]}, {"articleSystemId": None, **parts[1]}],
    }
    assert (await site.api.get("/articles/18002/structureDefinition")).json() == shown
    asked: dict[str, Any] = {"goodsOwnerId": 77, "articleNumbers": ["A", "KIT"], "articleKind": "Structure"}
    assert (await site.api.get("/articles/structureDefinitions", params=asked)).json() == [shown]
    plain = {"articleSystemId": 18001, "articleNumber": "A", "articleKind": None, "rows": None}
    assert (await site.api.get("/articles/18001/structureDefinition")).json() == plain
    refused(await site.api.get("/articles/structureDefinitions", params={"goodsOwnerId": 77}))


async def test_the_same_number_is_another_article_for_another_goods_owner(site: Site) -> None:
    assert (await site.put_article(articleNumber="A")).json()["articleSystemId"] == 18001
    assert (await site.put_article(articleNumber="A", goodsOwnerId=78)).json()["articleSystemId"] == 18002
    assert await site.article_numbers() == ["A"]


class TestReading:
    async def test_articles_come_in_rising_id_order_and_page_by_id(self, site: Site) -> None:
        for number in ("C", "A", "B", "D"):
            await site.put_article(articleNumber=number)
        assert await site.article_numbers(maxArticlesToGet=2) == ["C", "A"]
        assert await site.article_numbers(maxArticlesToGet=2, articleSystemIdFrom=18002) == ["A", "B"]
        assert await site.article_numbers(maxArticlesToGet=2, articleSystemIdFrom=18005) == []

    async def test_numbers_are_given_by_repeating_the_key_and_never_as_a_comma_list(self, site: Site) -> None:
        for number in ("A", "B", "C"):
            await site.put_article(articleNumber=number)
        assert await site.article_numbers(articleNumbers=["C", "A", "missing"]) == ["A", "C"]
        assert await site.article_numbers(articleNumbers="A,C") == []
        assert await site.article_numbers(articleNumber="B", articleNumbers=["A"]) == []

    async def test_codes_names_and_classes_are_filters(self, site: Site) -> None:
        await site.put_article(
            articleNumber="A",
            articleName="Blue tee",
            productCode="1",
            barCodeInfo={"barCodePackage": "P1", "alternativeBarCodes": [{"barCode": "X1"}]},
            articleClassesInfo={"classes": [{"code": "F", "name": "Fragile"}]},
        )
        await site.put_article(articleNumber="B", articleName="Red cap", productCode="2", barCodeInfo={"barCode": "P2"})
        assert await site.article_numbers(productCode="2") == ["B"]
        assert await site.article_numbers(productCodes=["1", "2"]) == ["A", "B"]
        assert await site.article_numbers(barCodes=["X1"]) == ["A"]
        assert await site.article_numbers(barCodes=["P1", "P2"]) == ["A", "B"]
        assert await site.article_numbers(articleNameContains=["cap"]) == ["B"]
        class_id = (await site.read_article("A"))["classes"][0]["id"]
        assert await site.article_numbers(articleClassIds=[class_id]) == ["A"]

    async def test_only_what_was_changed_after_a_time(self, site: Site) -> None:
        await site.put_article(articleNumber="A")
        site.clock.forward(hours=1)
        await site.put_article(articleNumber="B")
        assert await site.article_numbers(articleDataLastUpdatedFrom="2027-02-01T08:00:00Z") == ["B"]
        assert await site.article_numbers(articleDataLastUpdatedFrom="2027-02-01T09:59:59.5+02:00") == ["A", "B"]

    async def test_stock_changes_are_read_at_most_24_hours_back(self, site: Site) -> None:
        await site.put_article(articleNumber="A")
        await site.put_article(articleNumber="B")
        site.clock.forward(hours=1)
        site.warehouse.put_in_stock("B", 5)
        assert await site.article_numbers(stockInfoChangedFrom="2027-02-01T08:00:00Z") == ["B"]
        assert await site.article_numbers(stockInfoChangedFrom="2027-01-31T09:00:00Z") == ["B"]
        answer = await site.api.get("/articles", params={"goodsOwnerId": 77, "stockInfoChangedFrom": "2027-01-31T08:59:59Z"})
        assert refused(answer) == "The value of 'stockInfoChangedFrom' must be within 24 hours of the current time."

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({}, "Query parameter 'goodsOwnerId': is required"),
            ({"goodsOwnerId": "x"}, "Query parameter 'goodsOwnerId': must be a whole number, not 'x'"),
            ({"goodsOwnerId": 77, "page": 2}, "Query parameter 'page': unknown parameter"),
            ({"goodsOwnerId": 77, "articleNumber": ["A", "B"]}, "Query parameter 'articleNumber': must be given once"),
            ({"goodsOwnerId": 77, "maxArticlesToGet": 0}, "Query parameter 'maxArticlesToGet': must be at least 1"),
            ({"goodsOwnerId": 77, "onlyArticlesInStock": "1"}, "Query parameter 'onlyArticlesInStock': must be true or false"),
            ({"goodsOwnerId": 77, "articleSystemIdFrom": 2**31}, "Query parameter 'articleSystemIdFrom': must be a whole number"),
            (
                {"goodsOwnerId": 77, "stockInfoChangedFrom": "2027-02-01T08:00:00"},
                "Query parameter 'stockInfoChangedFrom': must be a date-time with a zone",
            ),
            (
                {"goodsOwnerId": 77, "stockInfoChangedFrom": "2027-02-01T08:00:00 01:00"},
                "Query parameter 'stockInfoChangedFrom': must be a date-time with a zone",
            ),
        ],
    )
    async def test_a_wrong_query_is_refused_with_the_parameter_named(self, site: Site, query: dict[str, Any], words: str) -> None:
        assert words in refused(await site.api.get("/articles", params=query))

    async def test_one_article_takes_no_query(self, site: Site) -> None:
        await site.put_article(articleNumber="A")
        assert "'goodsOwnerId': unknown parameter" in refused(await site.api.get("/articles/18001", params={"goodsOwnerId": 77}))
