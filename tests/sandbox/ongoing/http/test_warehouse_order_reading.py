"""How orders read back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Site

NOTIFICATION = {"toBeNotified": True, "value": "+4790000000"}
QUIET = {"toBeNotified": False, "value": "kari@example.test"}
FULL: dict[str, Any] = {
    "goodsOwnerId": 77,
    "orderNumber": "W-10045",
    "goodsOwnerOrderId": "10045",
    "deliveryDate": "2027-02-01T23:30:00-02:00",
    "referenceNumber": "Vipps 4711",
    "salesCode": "WEB-NO",
    "orderRemark": "Gift, no price slip",
    "deliveryInstruction": "Ring twice",
    "warehouseInstruction": "Blue box",
    "consigneeOrderNumber": "C-1",
    "servicePointCode": "152347",
    "freeText1": "f1",
    "freeText2": "f2",
    "freeText3": "f3",
    "orderFreeDateTime1": "2027-02-01T10:00:00.250+01:00",
    "orderType": {"code": "B2C", "name": "Consumer"},
    "wayOfDelivery": {"code": "servicepakke", "name": "Til hentested"},
    "transporter": {
        "transporterCode": "BRING",
        "transporterServiceCode": "SERVICEPAKKE",
        "paymentAdvanced": {"consigneePays": {"customerNumber": "1"}, "senderPays": {"ediCode": "E"}},
    },
    "returnTransporter": {"transporterCode": "POSTNORD"},
    "consignee": {
        "customerNumber": "K-2201",
        "name": "Kari Nordmann",
        "address1": "Storgata 1",
        "address2": "Oppgang B",
        "address3": None,
        "postCode": "0155",
        "city": "Oslo",
        "countryCode": "NO",
        "countryStateCode": None,
        "remark": "r",
        "doorCode": "1234",
        "organisationNumber": "999",
        "vatNumber": "NO999MVA",
        "customerGroup": {"code": "VIP", "name": "Vip"},
        "advanced": {"smsNotification": NOTIFICATION, "emailNotification": QUIET, "externalCustomerCode": "x"},
        "invoiceAddress": {
            "name": "Firma AS",
            "address1": "Postboks 1",
            "postCode": "0101",
            "city": "Oslo",
            "countryCode": "NO",
            "advanced": {"emailNotification": QUIET},
        },
    },
    "emailNotification": QUIET,
    "smsNotification": NOTIFICATION,
    "telephoneNotification": None,
    "customsInfo": {"customsValueCurrencyCode": "NOK"},
    "warehouseId": 1,
    "classes": [{"code": "GIFT", "name": "Gift", "comment": "c", "isParcelTypeSuggestion": False}],
    "termsOfDeliveryType": {"code": "DAP", "name": "Delivered at place"},
    "freightPrice": 49,
    "customerPrice": 547.5,
    "marketPlace": {"marketPlace": "Shop", "marketPlaceOrderNumber": "M-1"},
    "pickingPriority": 2,
    "productionCode": "P",
    "preparedTransportDocumentId": "D",
    "transporterBulkId": "B",
    "invoiceUrl": "https://shop.example.test/invoice",
    "languageCode": "no",
    "advanced": {
        "invoiceNumber": "I-1",
        "communication": "c",
        "transporterOrderNumber": "t",
        "wayOfDeliveryString": "w",
        "termsOfDeliveryString": "d",
        "termsOfPaymentString": "p",
        "arrivalDate": "2027-02-02",
        "arrivalDateFrom": "2027-02-02",
        "orderTextLines": [{"rowNumber": "t1", "comment": "Hello", "numberOfItems": 1}],
    },
    "orderLines": [
        {
            "rowNumber": "889",
            "articleNumber": "TEE-NAVY-M",
            "numberOfItems": 2.5,
            "comment": "c",
            "warehouseInstruction": "w",
            "customerArticleNumber": "ca",
            "externalId": "e",
            "shouldBePicked": True,
            "prices": {
                "linePrice": 199,
                "customerLinePrice": 498,
                "currencyCode": "NOK",
                "discountPercentage": 0,
                "totalVat": 99.6,
            },
            "vat": {"code": "25", "percent": 25},
            "lineTotalCustomsValue": 398,
            "lineType": {"code": "N", "name": "Normal"},
            "articleItemStatus": {"code": "OK", "name": "Ok"},
            "batchNumber": "b",
            "serialNumber": "s",
            "minDaysToExpiryDate": 1,
            "maxDaysToExpiryDate": 9,
            "weight": 0.4,
            "minWeight": 0.3,
            "maxWeight": 0.5,
            "deliveryDate": "2027-02-02",
            "lineFreeValues": {"freeText1": "l", "freeDecimal1": 1.25},
        }
    ],
}


class TestTheShape:
    async def test_every_writable_field_is_taken_and_the_order_comes_back_in_the_vendors_shape(self, site: Site) -> None:
        answer = await site.api.put("/orders", json=FULL)
        assert (answer.status_code, answer.json()["message"]) == (
            201,
            "The order W-10045 was created.<br/>Customer K-2201 was created.",
        )
        order = await site.read_order("W-10045")
        line = order.pop("orderLines")[0]
        assert order.pop("orderInfo") == {
            "orderId": 50001,
            **{
                name: FULL[name]
                for name in (
                    "orderNumber", "goodsOwnerOrderId", "referenceNumber", "salesCode", "orderRemark", "deliveryInstruction",
                    "servicePointCode", "freeText1", "freeText2", "freeText3", "emailNotification", "smsNotification",
                    "telephoneNotification", "customsInfo", "preparedTransportDocumentId", "termsOfDeliveryType", "customerPrice",
                    "consigneeOrderNumber", "warehouseInstruction", "marketPlace", "pickingPriority", "productionCode",
                    "freightPrice", "invoiceUrl", "orderType", "wayOfDelivery",
                )
            },
            "deliveryDate": "2027-02-02",
            "createdDate": "2027-02-01T08:00:00Z",
            "shippedTime": None,
            "wayBill": None,
            "returnWayBill": None,
            "orderStatus": {"number": 300, "text": "Released"},
            "orderedNumberOfItems": 2.5,
            "allocatedNumberOfItems": 0,
            "pickedNumberOfItems": 0,
            "warehouse": {"id": 1, "code": "demo", "name": "demo"},
            "orderFreeDateTime1": "2027-02-01T09:00:00.25Z",
            "sortLocation": None,
            "advanced": {
                "invoiceNumber": "I-1",
                "arrivalDate": "2027-02-02T00:00:00Z",
                "deliveryDateWithTime": "2027-02-02T01:30:00Z",
                "backOrderInfo": None,
                "orderHeaderUpdated": "2027-02-01T08:00:00Z",
                "transportPaymentType": None,
            },
        }  # fmt: skip
        assert order == {
            "goodsOwner": {"id": 77, "name": "Goods owner 77"},
            "consignee": {
                "customerNumber": "K-2201",
                "name": "Kari Nordmann",
                "address1": "Storgata 1",
                "address2": "Oppgang B",
                "address3": None,
                "postCode": "0155",
                "city": "Oslo",
                "countryCode": "NO",
                "countryStateCode": None,
                "remark": "r",
                "doorCode": "1234",
                "advanced": {"smsNotification": NOTIFICATION, "emailNotification": QUIET, "telephoneNotification": None},
                "invoiceAddress": {
                    "name": "Firma AS",
                    "address1": "Postboks 1",
                    "address2": None,
                    "address3": None,
                    "postCode": "0101",
                    "city": "Oslo",
                    "countryCode": "NO",
                    "countryStateCode": None,
                    "advanced": {"smsNotification": None, "emailNotification": QUIET, "telephoneNotification": None},
                },
                "id": 9001,
            },
            "parcels": None,
            "transporter": {
                "transporterName": "Posten Norge",
                "name": "Servicepakke",
                "code": "BRING",
                "serviceCode": "SERVICEPAKKE",
                "transporterContract": None,
                "serviceComment": None,
            },
            "returnTransporter": {
                "transporterName": "PostNord",
                "name": None,
                "code": "POSTNORD",
                "serviceCode": None,
                "transporterContract": None,
                "serviceComment": None,
            },
            "tracking": None,
            "classes": [{"code": "GIFT", "name": "Gift"}],
            "shipmentInfo": None,
            "returnTracking": None,
            "advanced": {"orderTextLines": [{"rowNumber": "t1", "comment": "Hello", "numberOfItems": 1}]},
        }
        assert line == {
            "id": 480001,
            "rowNumber": "889",
            "article": {
                "articleSystemId": 18001,
                "articleNumber": "TEE-NAVY-M",
                "articleName": "",
                "productCode": None,
                "articleKind": None,
            },
            "comment": "c",
            "orderedNumberOfItems": 2.5,
            "allocatedNumberOfItems": 0,
            "pickedNumberOfItems": 0,
            "packedNumberOfItems": 0,
            "returnedNumberOfItems": 0,
            "reportedNumberOfItems": None,
            "reportedReturnedNumberOfItems": None,
            "shouldBePicked": True,
            "pickedArticleItems": None,
            "subOrderLines": None,
            "serialNumber": "s",
            "lineTotalCustomsValue": 398,
            "batchNumber": "b",
            "lineType": {"code": "N", "name": "Normal"},
            "prices": {"linePrice": 199, "customerLinePrice": 498, "currencyCode": "NOK", "discountPercentage": 0},
            "customerArticleNumber": "ca",
            "externalId": "e",
            "freeValues": {"freeText1": "l", "freeDecimal1": 1.25},
            "minDaysToExpiryDate": 1,
            "maxDaysToExpiryDate": 9,
            "deliveryDate": "2027-02-02T00:00:00Z",
            "warehouseInstruction": "w",
            "vat": {"code": "25", "percent": 25},
            "pickOrderInfo": None,
        }

    async def test_a_fresh_small_order_has_nulls_and_a_bare_delivery_date(self, site: Site) -> None:
        await site.put_order()
        order = await site.read_order()
        given = {"goodsOwner", "orderInfo", "consignee", "orderLines", "advanced"}
        assert {name for name, value in order.items() if value is not None} == given
        assert order["orderInfo"]["deliveryDate"] == "2027-02-03"
        assert order["advanced"] == {"orderTextLines": None}

    async def test_a_list_and_a_single_read_give_the_same(self, site: Site) -> None:
        await site.put_order()
        assert (await site.api.get("/orders/50001")).json() == await site.read_order()


class TestTheFloor:
    async def test_allocating_picking_and_shipping_show_in_the_order(self, site: Site) -> None:
        await site.put_order()
        seen = []
        for status in (320, 400, 450):
            site.clock.forward(hours=1)
            site.warehouse.set_order_status("W-1", status)
            order = await site.read_order()
            info, line = order["orderInfo"], order["orderLines"][0]
            seen.append(
                (info["orderStatus"]["number"], info["allocatedNumberOfItems"], info["pickedNumberOfItems"], info["shippedTime"])
            )
        assert seen == [(320, 2, 0, None), (400, 2, 2, None), (450, 2, 2, "2027-02-01T11:00:00Z")]
        assert (line["pickedNumberOfItems"], line["packedNumberOfItems"]) == (2, 2)
        (item,) = line["pickedArticleItems"]
        assert (item["numberOfItems"], item["isPicked"], item["isReturned"], item["pickedTime"]) == (
            2, True, False, "2027-02-01T10:00:00Z",
        )  # fmt: skip

    async def test_a_short_pick_stays_short_when_the_order_is_shipped(self, site: Site) -> None:
        await site.put_order(orderLines=[{"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 10}])
        site.warehouse.pick("W-1", {"1": 8})
        site.warehouse.ship("W-1", waybill="70300001", parcels=("370700000001",))
        order = await site.read_order()
        info = order["orderInfo"]
        assert (info["orderedNumberOfItems"], info["pickedNumberOfItems"], info["wayBill"]) == (10, 8, "70300001")
        assert order["tracking"] == [
            {
                "freightPrice": None,
                "trackingUrl": "https://carrier.example/70300001",
                "waybill": "70300001",
                "created": "2027-02-01T08:00:00Z",
            }
        ]
        (parcel,) = order["parcels"]
        assert (parcel["parcelNumber"], parcel["isReturnParcel"], parcel["tracking"], parcel["advanced"]) == (
            "370700000001", False, None, None,
        )  # fmt: skip

    async def test_a_line_that_needs_no_picking_is_not_picked(self, site: Site) -> None:
        await site.put_order(orderLines=[{"rowNumber": "1", "articleNumber": "FEE", "numberOfItems": 1, "shouldBePicked": False}])
        site.warehouse.ship("W-1")
        line = (await site.read_order())["orderLines"][0]
        assert (line["shouldBePicked"], line["allocatedNumberOfItems"], line["pickedNumberOfItems"]) == (False, 0, 0)

    async def test_the_way_back_undoes_it(self, site: Site) -> None:
        await site.put_order()
        site.warehouse.ship("W-1")
        site.warehouse.set_order_status("W-1", 300)
        info = (await site.read_order())["orderInfo"]
        assert (info["allocatedNumberOfItems"], info["pickedNumberOfItems"], info["shippedTime"]) == (0, 0, None)
        assert (await site.put_order()).status_code == 200

    async def test_a_status_or_an_order_that_is_not_there_is_an_error_of_the_test(self, site: Site) -> None:
        await site.put_order()
        await site.put_order(goodsOwnerId=78)
        with pytest.raises(LookupError):
            site.warehouse.set_order_status("W-1", 320)
        with pytest.raises(LookupError):
            site.warehouse.set_order_status("W-9", 320, 77)
        with pytest.raises(ValueError, match="no order status 321"):
            site.warehouse.set_order_status("W-1", 321, 78)
